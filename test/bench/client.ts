import { Agent, type IncomingMessage, request } from "node:http";

/** What came back; times in ms since the request was begun. `status` 0: no whole answer. */
export type Answer = {
  readonly status: number;
  readonly firstTokenMs: number;
  readonly totalMs: number;
  /** `data:` frames of a stream, without its end marker. */
  readonly frames: number;
  /** Why there is no whole answer. */
  readonly failure: string | undefined;
};

export type ChatBody = { readonly model: string; readonly stream?: boolean } & Readonly<
  Record<string, unknown>
>;

const giveUpMs = 60_000;

/**
 * A client of one server on loopback. Requests share kept-alive connections, but a stream gets one of its own: llama-server
 * closes it behind a stream and does not say so.
 */
export class ChatClient {
  readonly #agent: Agent;
  readonly #port: number;

  constructor(port: number, connections = Infinity) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Posts a chat; never rejects. */
  ask(body: ChatBody): Promise<Answer> {
    const text = JSON.stringify({ messages: [{ role: "user", content: "Hello" }], ...body });
    const startMs = performance.now();
    return new Promise((resolve) => {
      const reader = new AnswerReader(startMs);
      const settle = (status: number, failure?: string) => resolve(reader.answer(status, failure));
      const sent = request({
        host: "127.0.0.1",
        port: this.#port,
        method: "POST",
        path: "/v1/chat/completions",
        agent: body.stream ? false : this.#agent,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
        signal: AbortSignal.timeout(giveUpMs),
      });
      sent.on("error", (error) => settle(0, error.message));
      sent.on("response", (response) => receive(response, reader, settle));
      sent.end(text);
    });
  }

  /** One answer; throws when the request failed. */
  async askOne(body: ChatBody): Promise<Answer> {
    const answer = await this.ask(body);
    if (answer.status !== 200)
      throw new Error(
        `a request to port ${this.#port} failed: ${answer.failure ?? `status ${answer.status}`}`,
      );
    return answer;
  }

  /** Asks `total` times, `atOnce` at a time; throws when one of them fails. */
  async askMany(total: number, atOnce: number, body: ChatBody): Promise<Answer[]> {
    const answers: Answer[] = [];
    let begun = 0;
    const one = async () => {
      while (begun++ < total) answers.push(await this.askOne(body));
    };
    await Promise.all(Array.from({ length: atOnce }, one));
    return answers;
  }

  close(): void {
    this.#agent.destroy();
  }
}

type Settle = (status: number, failure?: string) => void;

function receive(response: IncomingMessage, reader: AnswerReader, settle: Settle): void {
  response.setEncoding("utf8");
  response.on("data", (chunk: string) => reader.push(chunk));
  response.on("end", () => (reader.failure ? settle(0, reader.failure) : settle(response.statusCode ?? 0)));
  response.on("error", (error) => settle(0, error.message));
}

/** Finds the first piece of text in a stream, counts its frames, and sees an error event. */
class AnswerReader {
  /** The error event that ended the stream. */
  failure: string | undefined;
  readonly #startMs: number;
  #carry = "";
  #frames = 0;
  #firstTokenMs = NaN;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  push(chunk: string): void {
    const frames = (this.#carry + chunk).split("\n\n");
    this.#carry = frames.pop() ?? "";
    for (const frame of frames) this.#take(frame);
  }

  answer(status: number, failure?: string): Answer {
    const totalMs = performance.now() - this.#startMs;
    return { status, firstTokenMs: this.#firstTokenMs, totalMs, frames: this.#frames, failure };
  }

  #take(frame: string): void {
    if (!frame.startsWith("data: ") || frame === "data: [DONE]") return;
    this.#frames += 1;
    if (frame.startsWith('data: {"error"')) this.failure = frame;
    if (Number.isNaN(this.#firstTokenMs) && /"content":"[^"]/.test(frame))
      this.#firstTokenMs = performance.now() - this.#startMs;
  }
}
