import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request as startRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const mainFile = join(import.meta.dirname, "../src/main.ts");

export type Heard = { readonly request: ClientRequest; readonly response: IncomingMessage };

/** The whole service in a process of its own, with the real espeak-ng and ffmpeg: its children are its, and its time is its. */
export class SpeechProcess {
  readonly port: number;
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #folder: string;

  private constructor(child: ChildProcessByStdio<null, Readable, null>, port: number, folder: string) {
    this.#child = child;
    this.port = port;
    this.#folder = folder;
  }

  /** `settings` as in the environment of the container. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<SpeechProcess> {
    const folder = mkdtempSync(join(tmpdir(), "benchai-speech-"));
    const env = {
      PATH: process.env["PATH"],
      PORT: "0",
      CACHE_DIR: join(folder, "cache"),
      VOICES_DIR: join(folder, "voices"),
      ...settings,
    };
    const child = spawn(process.execPath, [mainFile], { env, stdio: ["ignore", "pipe", "inherit"] });
    // The log; read to the end, since nobody may block on a full pipe.
    const lines = createInterface({ input: child.stdout });
    const listening = Promise.withResolvers<number>();
    lines.on("line", (line) => {
      const port = /"port":(\d+)/u.exec(line)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
    });
    child.once("close", (code) => listening.reject(new Error(`the service ended with ${code}`)));
    return new SpeechProcess(child, await listening.promise, folder);
  }

  get pid(): number {
    return this.#child.pid ?? NaN;
  }

  /** Posts a request for speech, on a connection of its own; resolves with the headers. */
  async speak(body: object): Promise<Heard> {
    const request = startRequest({
      port: this.port,
      method: "POST",
      path: "/v1/audio/speech",
      headers: { "content-type": "application/json" },
      agent: false,
    });
    request.end(JSON.stringify(body));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    // Who leaves gets an error here.
    response.on("error", () => undefined);
    request.on("error", () => undefined);
    return { request, response };
  }

  /** The whole sound. */
  async sound(body: object): Promise<Buffer> {
    const { response } = await this.speak(body);
    const bytes = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>));
    if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${bytes.toString()}`);
    return bytes;
  }

  /** The sum of a counter's values on /metrics. */
  async counted(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  /** Ends it as the engine ends a container, and waits. */
  async stop(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    await closed;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
