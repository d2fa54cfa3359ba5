import { type Dispatcher, errors } from "undici";

import type { AnswerEditor } from "../core/answer-editor.ts";
import type { Refusal } from "../core/upstream-failure.ts";
import type { ClientResponse } from "./client-response.ts";
import { BodyRelay, type Relay, StreamRelay } from "./relay.ts";

/** How one try at a worker ended. */
export type Outcome =
  | { readonly kind: "done" }
  /** No connection: the worker has seen nothing. */
  | { readonly kind: "unsent"; readonly error: Error }
  /** Died before the client got any of the answer; `isStale` when an idle connection had just been closed. */
  | { readonly kind: "lost"; readonly error: Error; readonly isStale: boolean }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** Died after the client got a part. */
  | { readonly kind: "cut"; readonly error: Error }
  /** Took longer than it may, to begin or to go on. */
  | { readonly kind: "overdue"; readonly hasStarted: boolean }
  /** A stream was asked for and something else came. */
  | { readonly kind: "unstreamed"; readonly contentType: string }
  /** The client did not read for as long as a worker may be silent. */
  | { readonly kind: "unread" };

export type AttemptOptions = {
  readonly client: ClientResponse;
  /** Changes the answer on its way; undefined when it goes on as it comes. */
  readonly editor: AnswerEditor | undefined;
  readonly mustStream: boolean;
  readonly firstByteMs: number;
  readonly stallMs: number;
  readonly onFirstByte: () => void;
  /** Called once, unless the attempt is aborted first. */
  readonly onOutcome: (outcome: Outcome) => void;
};

type Phase = "connecting" | "sent" | "answering" | "refusing" | "over";
type Headers = Readonly<Record<string, string | string[] | undefined>>;

const keptErrorBytes = 64 * 1_024;

/** One try at one worker, as undici's handler: bytes go from its socket to the client's with nothing between. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #options: AttemptOptions;
  #phase: Phase = "connecting";
  #controller: Dispatcher.DispatchController | undefined;
  #relay: Relay | undefined;
  #refusal: { status: number; retryAfter: string | undefined; parts: Buffer[]; bytes: number } | undefined;
  #deadline: NodeJS.Timeout;
  #hasBytes = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#deadline = setTimeout(() => this.#expire(), options.firstByteMs);
    options.client.onDrain = () => this.#resume();
  }

  /** Ends the try without an outcome: the client has left, or the router stops. */
  abort(): void {
    this.#stop(new errors.RequestAbortedError("no longer wanted"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#phase === "over") controller.abort(new errors.RequestAbortedError("no longer wanted"));
    else this.#phase = "sent";
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200 || this.#phase === "over") return;
    if (status >= 300) {
      this.#phase = "refusing";
      this.#refusal = { status, retryAfter: single(headers["retry-after"]), parts: [], bytes: 0 };
      return;
    }
    this.#phase = "answering";
    const contentType = single(headers["content-type"]) ?? "application/json";
    const isStream = contentType.startsWith("text/event-stream");
    const { client, editor, mustStream } = this.#options;
    if (mustStream && !isStream) this.#conclude({ kind: "unstreamed", contentType });
    else if (isStream) this.#relay = new StreamRelay(client, editor);
    else
      this.#relay = new BodyRelay(
        client,
        { status, contentType, contentLength: single(headers["content-length"]) },
        editor,
      );
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === "over") return;
    if (this.#refusal) return this.#keepRefusal(chunk);
    if (this.#hasBytes) this.#deadline.refresh();
    else this.#begin();
    if (this.#relay?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#phase === "over") return;
    if (this.#refusal) {
      const { status, retryAfter, parts } = this.#refusal;
      return this.#finish({
        kind: "refused",
        refusal: { status, retryAfter, body: Buffer.concat(parts) },
      });
    }
    if (this.#relay?.finish() === true) this.#finish({ kind: "done" });
    else this.#finishBroken(new Error("the answer ended early"));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase === "over") return;
    if (this.#phase === "connecting") this.#finish({ kind: "unsent", error });
    else this.#finishBroken(error);
  }

  #resume(): void {
    if (this.#phase === "over") return;
    this.#deadline.refresh();
    this.#controller?.resume();
  }

  #begin(): void {
    this.#hasBytes = true;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#expire(), this.#options.stallMs);
    this.#options.onFirstByte();
  }

  #keepRefusal(chunk: Buffer): void {
    const refusal = this.#refusal;
    if (!refusal || refusal.bytes >= keptErrorBytes) return;
    refusal.parts.push(chunk.subarray(0, keptErrorBytes - refusal.bytes));
    refusal.bytes += chunk.length;
  }

  #finishBroken(error: Error): void {
    const hasStarted = this.#relay?.hasStarted ?? false;
    if (hasStarted) this.#finish({ kind: "cut", error });
    else this.#finish({ kind: "lost", error, isStale: this.#phase === "sent" && isStale(error) });
  }

  #expire(): void {
    const hasStarted = this.#relay?.hasStarted ?? false;
    this.#conclude(this.#controller?.paused ? { kind: "unread" } : { kind: "overdue", hasStarted });
  }

  /** Ends a try that its worker has not ended. */
  #conclude(outcome: Outcome): void {
    this.#stop(new errors.RequestAbortedError(outcome.kind));
    this.#options.onOutcome(outcome);
  }

  #finish(outcome: Outcome): void {
    this.#settle();
    this.#options.onOutcome(outcome);
  }

  #stop(reason: Error): void {
    if (this.#phase === "over") return;
    const controller = this.#controller;
    this.#settle();
    controller?.abort(reason);
  }

  /** Lets go of undici and of the relay: what still refers to this try for a moment must not keep them. */
  #settle(): void {
    this.#phase = "over";
    clearTimeout(this.#deadline);
    this.#relay = undefined;
    this.#controller = undefined;
  }
}

/** Whether a connection that had served before was closed under this request: the worker need not be dead. */
function isStale(error: Error): boolean {
  return error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
