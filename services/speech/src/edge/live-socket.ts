import type { WebSocket } from "ws";

import { AppError } from "@benchai/contract/errors";
import { type LiveMessage, maxInputChars } from "@benchai/contract/speech";

import { type LiveState, nextLiveState, readLiveMessage } from "../core/live-message.ts";
import type { TextPart } from "../core/text-part.ts";
import { TextQueue } from "../core/text-queue.ts";
import { type AudioAnswer, audioEvents, errorEvent } from "./audio-response.ts";

export type LiveStartMessage = Extract<LiveMessage, { type: "start" }>;

export type LiveSpeech = (
  start: LiveStartMessage,
  parts: AsyncIterable<TextPart>,
  signal: AbortSignal,
) => Promise<AudioAnswer>;

export type LiveOptions = {
  /** The longest silence of a client that has not said `end`, and of one that does not read. */
  readonly idleMs: number;
};

/** RFC 6455, 7.4.1. */
const closeCodes = { normal: 1_000, refused: 1_008, failed: 1_011, busy: 1_013 } as const;

/** Speaks what a client writes, message by message, until it has said `end` and heard everything. */
export class LiveSocket {
  readonly #socket: WebSocket;
  readonly #speak: LiveSpeech;
  readonly #idleMs: number;
  readonly #gone = new AbortController();
  readonly #queue = new TextQueue();
  #state: LiveState = "new";
  #idle: NodeJS.Timeout | undefined;
  /** Of text so far. All of it may wait here: a socket that is not read would not tell that its client has left. */
  #chars = 0;

  constructor(socket: WebSocket, speak: LiveSpeech, { idleMs }: LiveOptions) {
    this.#socket = socket;
    this.#speak = speak;
    this.#idleMs = idleMs;
  }

  /** `refusal`: why nothing can be said; the client is told, and the socket closed. */
  start(refusal?: AppError): void {
    if (refusal) return this.#end(refusal);
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => this.#take(data.toString(), isBinary));
    this.#socket.on("close", () => this.#leave());
    this.#socket.on("error", () => this.#leave());
    this.#restartIdle();
  }

  #take(json: string, isBinary: boolean): void {
    try {
      if (isBinary) throw new AppError("invalid_request", "messages are text frames with JSON");
      const message = readLiveMessage(json);
      this.#state = nextLiveState(this.#state, message.type);
      this.#restartIdle();
      this.#act(message);
    } catch (error) {
      this.#end(error);
    }
  }

  #act(message: LiveMessage): void {
    if (message.type === "start") void this.#say(message);
    if (message.type === "text") this.#write(message.text);
    if (message.type === "flush") this.#queue.push({ kind: "flush" });
    if (message.type === "end") this.#queue.end();
  }

  #write(text: string): void {
    this.#chars += text.length;
    if (this.#chars > maxInputChars)
      throw new AppError("body_too_large", `the text has more than ${maxInputChars} characters`);
    this.#queue.push({ kind: "text", text });
  }

  async #say(start: LiveStartMessage): Promise<void> {
    const { signal } = this.#gone;
    try {
      const answer = await this.#speak(start, this.#queue, signal);
      for await (const event of audioEvents(answer)) await this.#send(event);
      this.#end();
    } catch (error) {
      this.#end(error);
    }
  }

  /** Resolves when the event has left, so that a client that does not read stops the voice. */
  async #send(event: object): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stalled = setTimeout(() => this.#socket.terminate(), this.#idleMs);
    this.#socket.send(JSON.stringify(event), (error) => (error ? reject(error) : resolve()));
    await promise.finally(() => clearTimeout(stalled));
  }

  /** Nobody hears of an error after the first. */
  #end(error?: unknown): void {
    clearTimeout(this.#idle);
    if (this.#gone.signal.aborted) return;
    if (error === undefined) return this.#socket.close(closeCodes.normal);
    this.#socket.send(JSON.stringify(errorEvent(error)));
    this.#socket.close(closeCodeOf(error));
    this.#leave();
  }

  #leave(): void {
    clearTimeout(this.#idle);
    this.#queue.end();
    this.#gone.abort();
  }

  #restartIdle(): void {
    clearTimeout(this.#idle);
    if (this.#state === "ended") return;
    const why = `no message for ${this.#idleMs / 1_000} s, and no \`end\` before`;
    this.#idle = setTimeout(() => this.#end(new AppError("invalid_request", why)), this.#idleMs);
  }
}

function closeCodeOf(error: unknown): number {
  if (!(error instanceof AppError)) return closeCodes.failed;
  if (error.code === "queue_full") return closeCodes.busy;
  return error.status < 500 ? closeCodes.refused : closeCodes.failed;
}
