import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What a fake whisper-server does wrong. */
export type WhisperFaults = {
  /** Answers nothing. */
  readonly isHung: boolean;
  /** Answers with this status and whisper-server's words for it. */
  readonly failStatus: number | undefined;
  /** With this body as JSON, as a router's errors are. */
  readonly failBody: unknown;
  /** Breaks the connection before it answers. */
  readonly isCut: boolean;
  /** Answers 200 with this text instead of a transcript. */
  readonly answer: string | undefined;
};

const noFaults: WhisperFaults = {
  isHung: false,
  failStatus: undefined,
  failBody: undefined,
  isCut: false,
  answer: undefined,
};

export type FakeWhisperOptions = {
  /** The first part of every path, which whisper-server has for a key. */
  readonly key?: string;
  /** What is answered as JSON at other paths, as a router in front of it would. */
  readonly others?: Readonly<Record<string, unknown>>;
  readonly faults?: Partial<WhisperFaults>;
};

/** One form as it came in. */
export type SeenForm = {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly file: Buffer;
};

/** Starts a fake whisper-server in this process; close it with `await using`. */
export async function startFakeWhisper(options: FakeWhisperOptions = {}): Promise<FakeWhisper> {
  const fake = new FakeWhisper(options);
  await fake.listen();
  return fake;
}

/** A whisper-server that hears `part N of D s` in its Nth request for D seconds of sound, and records what it was sent. */
export class FakeWhisper implements AsyncDisposable {
  readonly forms: SeenForm[] = [];
  /** Requests whose client left before the answer. */
  aborted = 0;
  faults: WhisperFaults;
  readonly #key: string;
  readonly #others: Readonly<Record<string, unknown>>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor({ key = "", others = {}, faults }: FakeWhisperOptions) {
    this.#key = key;
    this.#others = others;
    this.faults = { ...noFaults, ...faults };
    this.#server = createServer((req, res) => void this.#serve(req, res));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  /** With the key, as the router gets it. */
  get url(): string {
    const address = this.#server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    return `http://127.0.0.1:${port}${this.#key === "" ? "" : `/${this.#key}`}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    res.on("close", () => void (this.aborted += Number(!res.writableFinished)));
    const body = await readAll(req);
    if (!body) return;
    const [path = "/", query = ""] = (req.url ?? "/").split("?");
    if (Object.hasOwn(this.#others, path)) return json(res, 200, this.#others[path]);
    if (path !== `${this.#key === "" ? "" : `/${this.#key}`}/v1/audio/inference`)
      return text(res, 404, `File Not Found (${path})`);
    const form = await readForm(req.headers["content-type"] ?? "", body);
    if (!form) return text(res, 400, "Invalid request");
    this.forms.push({ ...form, url: `${path}${query === "" ? "" : `?${query}`}` });
    this.#answer(form, res);
  }

  #answer({ fields, file }: Omit<SeenForm, "url">, res: ServerResponse): void {
    const { isHung, isCut, failStatus, answer } = this.faults;
    if (isHung) return;
    if (isCut) return void res.socket?.destroy();
    if (failStatus !== undefined) return this.#fail(failStatus, res);
    if (answer === undefined) return json(res, 200, verboseAnswer(fields, file, this.forms.length));
    res.writeHead(200, { "content-type": "application/json" });
    res.end(answer);
  }

  #fail(status: number, res: ServerResponse): void {
    const { failBody } = this.faults;
    if (failBody === undefined) text(res, status, "Invalid request");
    else json(res, status, failBody);
  }
}

/** Seconds of a 16 kHz mono WAV of 16-bit samples behind a header of 44 bytes. */
function secondsOf(wav: Buffer): number {
  return Math.max(0, wav.length - 44) / 32_000;
}

/** As whisper-server 1.9.5 answers `response_format=verbose_json`. */
function verboseAnswer(fields: SeenForm["fields"], file: Buffer, part: number): object {
  const duration = secondsOf(file);
  const said = [` part ${part}`, ` of ${duration.toFixed(1)} s`];
  return {
    task: fields["translate"] === "true" ? "translate" : "transcribe",
    language: fields["language"] === "de" ? "german" : "english",
    duration,
    text: `${said.join("\n")}\n`,
    segments: said.map((words, id) => ({
      id,
      text: words,
      start: (duration * id) / 2,
      end: (duration * (id + 1)) / 2,
      tokens: [1_000 + id],
      words: [
        {
          word: words,
          start: (duration * id) / 2,
          end: (duration * (id + 1)) / 2,
          t_dtw: -1,
          probability: 0.9,
        },
      ],
      temperature: 0,
      avg_logprob: -0.1,
      no_speech_prob: 0.01,
    })),
  };
}

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify(value));
}

function text(res: ServerResponse, status: number, words: string): void {
  res.writeHead(status, { "content-type": "text/plain" });
  res.end(words);
}

async function readAll(req: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  try {
    for await (const part of req) parts.push(part);
  } catch {
    return undefined; // the client left while it was sending
  }
  return Buffer.concat(parts);
}

async function readForm(contentType: string, body: Buffer): Promise<Omit<SeenForm, "url"> | undefined> {
  try {
    const response = new Response(new Uint8Array(body), { headers: { "content-type": contentType } });
    const form = await response.formData();
    const file = form.get("file");
    if (!(file instanceof File)) return undefined;
    const fields = [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : []));
    return { fields: Object.fromEntries(fields), file: Buffer.from(await file.arrayBuffer()) };
  } catch {
    return undefined;
  }
}
