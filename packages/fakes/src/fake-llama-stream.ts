import type { ServerResponse } from "node:http";

import { firstFrame, lastFrames, tokenFrame } from "./fake-llama-answers.ts";
import type { LlamaFaults } from "./fake-llama-faults.ts";

export type StreamEvents = {
  onToken(): void;
  onDone(): void;
  /** `crashAfterTokens` was reached. */
  onCrash(): void;
};

/** Streams one answer token by token, with whatever its faults say. */
export class FakeStream {
  readonly #res: ServerResponse;
  readonly #kind: "chat" | "text";
  readonly #model: string;
  readonly #faults: LlamaFaults;
  readonly #events: StreamEvents;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    res: ServerResponse,
    kind: "chat" | "text",
    model: string,
    faults: LlamaFaults,
    events: StreamEvents,
  ) {
    this.#res = res;
    this.#kind = kind;
    this.#model = model;
    this.#faults = faults;
    this.#events = events;
    res.on("close", () => clearTimeout(this.#timer));
  }

  start(): void {
    if (this.#isCut()) return;
    this.#res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    this.#res.write(firstFrame(this.#kind, this.#model));
    this.#turn();
  }

  #turn(): void {
    if (this.#res.destroyed || this.#isCut()) return;
    if (this.#sent >= this.#faults.tokens) return this.#finish();
    const text = tokenFrame(this.#kind, this.#model, this.#sent, this.#faults);
    this.#sent += 1;
    this.#events.onToken();
    const isTaken = this.#write(text);
    if (!isTaken) this.#res.once("drain", () => this.#later());
    else this.#later();
  }

  #later(): void {
    const { tokenDelayMs } = this.#faults;
    if (tokenDelayMs > 0) this.#timer = setTimeout(() => this.#turn(), tokenDelayMs);
    else setImmediate(() => this.#turn());
  }

  #write(text: string): boolean {
    if (!this.#faults.isSplit) return this.#res.write(text);
    const middle = Math.floor(text.length / 2);
    this.#res.write(text.slice(0, middle));
    setImmediate(() => this.#res.destroyed || this.#res.write(text.slice(middle)));
    return true;
  }

  #finish(): void {
    // After the second half of a split frame.
    setImmediate(() => {
      if (this.#res.destroyed) return;
      this.#events.onDone();
      this.#res.end(lastFrames(this.#kind, this.#model));
    });
  }

  #isCut(): boolean {
    const { cutAfterTokens, quitAfterTokens, stallAfterTokens, crashAfterTokens, isHalved } = this.#faults;
    const reached = (count: number | undefined) => count !== undefined && this.#sent >= count;
    const ends = reached(cutAfterTokens) || reached(quitAfterTokens) || reached(crashAfterTokens);
    if (!ends) return reached(stallAfterTokens);
    if (isHalved) this.#res.write(tokenFrame(this.#kind, this.#model, this.#sent, this.#faults).slice(0, 60));
    setImmediate(() => this.#end(reached(quitAfterTokens), reached(crashAfterTokens)));
    return true;
  }

  #end(isTidy: boolean, isCrash: boolean): void {
    this.#events.onDone();
    if (isTidy) this.#res.end();
    else this.#res.socket?.destroy();
    if (isCrash) this.#events.onCrash();
  }
}
