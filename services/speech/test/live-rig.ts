import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { SpeechConfig } from "../src/edge/config.ts";
import { startSpeech } from "../src/service.ts";
import { startWritingModel, type WritingModel } from "./writing-model.ts";

/** The real service, and a router whose one model writes at its own speed. */
export type LiveRig = AsyncDisposable & {
  readonly model: WritingModel;
  readonly port: number;
  post(path: string, body: object | string, type?: string): Promise<Response>;
  /** The sound of a text that is there. */
  spoken(input: string): Promise<Buffer>;
  /** Opens a WebSocket and says these messages. */
  live(...messages: (object | string)[]): Promise<Live>;
};

export async function startLiveRig(): Promise<LiveRig> {
  const folder = mkdtempSync(join(tmpdir(), "speech-live-"));
  const model = await startWritingModel();
  const env = {
    PORT: "0",
    CACHE_DIR: join(folder, "cache"),
    ROUTER_URL: model.url,
    LIVE_IDLE_S: "2",
    FFMPEG_IDLE_S: "0",
  };
  const service = await startSpeech(readConfig(SpeechConfig, env), createLogger("speech", "fatal"));
  const { port } = service;
  const post = (path: string, body: object | string, type = "application/json") =>
    fetch(`http://127.0.0.1:${port}/v1/audio/${path}`, {
      method: "POST",
      headers: { "content-type": type },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  return {
    model,
    port,
    post,
    async spoken(input) {
      const response = await post("speech", { input, response_format: "pcm" });
      return Buffer.from(await response.arrayBuffer());
    },
    live: (...messages) => Live.open(port, messages),
    async [Symbol.asyncDispose]() {
      await service.close();
      await model[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Event = {
  readonly type: string;
  readonly text?: string;
  readonly index?: number;
  readonly start_ms?: number;
  readonly audio?: string;
  readonly error?: { code: string; message: string };
};

/** A conversation: what is said is sent as it comes, and what came back is kept, with its time. */
class Live {
  readonly socket: WebSocket;
  readonly events: (Event & { atMs: number })[] = [];
  readonly closed = Promise.withResolvers<number>();

  constructor(port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/audio/speech/live`);
    this.socket.addEventListener("message", ({ data }) =>
      this.events.push({ ...(JSON.parse(String(data)) as Event), atMs: performance.now() }),
    );
    this.socket.addEventListener("close", ({ code }) => this.closed.resolve(code));
  }

  static async open(port: number, messages: readonly (object | string)[]): Promise<Live> {
    const live = new Live(port);
    await new Promise((opened) => live.socket.addEventListener("open", opened));
    for (const message of messages) live.say(message);
    return live;
  }

  say(message: object | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  get sound(): Buffer {
    return Buffer.concat(this.events.map(({ audio = "" }) => Buffer.from(audio, "base64")));
  }

  get sentences(): (string | undefined)[] {
    return this.events.filter(({ type }) => type === "speech.sentence").map(({ text }) => text);
  }
}
