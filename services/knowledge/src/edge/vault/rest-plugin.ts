import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";

import { pluginMessage, type RestAnswer, type RestCall, type RestClient } from "./rest-client.ts";
import { restSettingNames } from "./rest-settings.ts";

/** A file as the plugin gave it. `tag` is there from plugins that heed it: a write can demand that it still holds. */
export type RestFile = { readonly bytes: Buffer; readonly tag: string | undefined };

/** What a write demands, of plugins that know how; others do not look at it. */
export type Guard =
  | { readonly kind: "none" }
  | { readonly kind: "absent" }
  | { readonly kind: "tag"; readonly tag: string | undefined };

export type FileTimes = { readonly sizeBytes: number; readonly mtimeMs: number };

const Stat = Type.Object({ size: Type.Number(), mtime: Type.Number() });
const NoteJson = Type.Object({ stat: Stat });
const Found = Type.Array(Type.Object({ filename: Type.String(), result: Stat }));
const Listing = Type.Object({ files: Type.Array(Type.String()) });
const Status = Type.Object({
  service: Type.Literal("Obsidian Local REST API"),
  authenticated: Type.Boolean(),
  versions: Type.Object({ self: Type.String() }),
});

const noteJson = "application/vnd.olrapi.note+json";
const jsonLogic = "application/vnd.olrapi.jsonlogic+json";
/** Some versions never answer for a file that they do not have in their index yet. */
const statDeadlineMs = 3_000;
/** A search looks at every note. */
const searchDeadlineMs = 120_000;

/**
 * The requests of Obsidian's Local REST API plugin that a vault needs (its OpenAPI; versions 2 to 6). A missing file is
 * undefined, a condition that does not hold is `false`; other refusals are errors.
 */
export class RestPlugin {
  readonly #client: RestClient;

  constructor(client: RestClient) {
    this.#client = client;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** The plugin's version. Throws `storage_unavailable` when it is another server, or does not know the key. */
  async version(): Promise<string> {
    const { body } = await this.#client.ask({ method: "GET", path: "/" });
    const status = read(Status, body);
    // This one request is answered whatever the key.
    if (!status.authenticated) throw this.#client.keyRefused();
    return status.versions.self;
  }

  async get(path: string): Promise<RestFile | undefined> {
    const answer = await this.#client.ask({ method: "GET", path: vaultUrl(path) });
    // Since version 5 a path may go on into a note: that is one of its sections, and no file.
    if (answer.status === 404 || answer.header("content-location") !== undefined) return undefined;
    expectOk(answer, path);
    if (isListing(answer))
      throw new AppError("invalid_request", `${JSON.stringify(path)} is a folder`, { param: "path" });
    const tag = answer.header("etag");
    // A weak one is Express's own: no write looks at it.
    return { bytes: answer.body, tag: tag?.startsWith('"') === true ? tag : undefined };
  }

  /** Undefined when the plugin does not tell: it must have the file in its index. */
  async times(path: string): Promise<FileTimes | undefined> {
    const call = { method: "GET", path: vaultUrl(path), headers: { accept: noteJson } } as const;
    const answer = await this.#client.ask({ ...call, deadlineMs: statDeadlineMs }).catch(() => undefined);
    const note = answer?.status === 200 ? parse(answer.body) : undefined;
    return Value.Check(NoteJson, note) ? timesOf(note.stat) : undefined;
  }

  /** The size and time of every note in the index, by its path, in one request; undefined when it is refused. */
  async allTimes(signal: AbortSignal): Promise<ReadonlyMap<string, FileTimes> | undefined> {
    const answer = await this.#client.ask({
      method: "POST",
      path: "/search/",
      headers: { "content-type": jsonLogic },
      body: Buffer.from(JSON.stringify({ var: "stat" })),
      signal,
      deadlineMs: searchDeadlineMs,
    });
    if (answer.status !== 200) return undefined;
    const found = read(Found, answer.body);
    return new Map(found.map(({ filename, result }) => [filename, timesOf(result)]));
  }

  /** The names in a folder ("" or with a slash at its end), folders with a slash at theirs; none when it is not there. */
  async names(folder: string, signal?: AbortSignal): Promise<readonly string[]> {
    const answer = await this.#client.ask({ method: "GET", path: vaultUrl(folder), signal });
    if (answer.status === 404) return [];
    expectOk(answer, folder);
    return read(Listing, answer.body).files;
  }

  /** Notes go as the text that they are, so that every version takes them; what text cannot carry goes as bytes. */
  put(path: string, bytes: Uint8Array, guard: Guard): Promise<boolean> {
    const isPlainText =
      path.endsWith(".md") && !(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf);
    const type = isPlainText ? "text/markdown; charset=utf-8" : "application/octet-stream";
    return this.#write({ method: "PUT", headers: { "content-type": type }, body: bytes }, path, guard);
  }

  /** Adds text after what is there, and a line end before it where there is none. */
  post(path: string, text: string): Promise<boolean> {
    const headers = { "content-type": "text/markdown; charset=utf-8" };
    return this.#write({ method: "POST", headers, body: Buffer.from(text) }, path, { kind: "none" });
  }

  /** False when the plugin refuses, and has changed nothing. */
  async patch(path: string, headers: Readonly<Record<string, string>>, text: string): Promise<boolean> {
    const answer = await this.#client.ask({
      method: "PATCH",
      path: vaultUrl(path),
      headers: { ...headers, "content-type": "text/markdown" },
      body: Buffer.from(text),
    });
    return answer.status < 300;
  }

  /** `isPermanent` spares the vault's trash in versions that have one. */
  remove(path: string, isPermanent: boolean, guard: Guard): Promise<boolean> {
    return this.#write({ method: "DELETE", query: isPermanent ? "?permanent=true" : "" }, path, guard);
  }

  async #write(
    { query = "", ...call }: Omit<RestCall, "path"> & { readonly query?: string },
    path: string,
    guard: Guard,
  ): Promise<boolean> {
    const headers = { ...call.headers, ...guardHeaders(guard) };
    const answer = await this.#client.ask({ ...call, headers, path: vaultUrl(path) + query });
    if (answer.status === 412) return false;
    if (answer.status === 404 && call.method === "PUT") throw sectionName(path);
    expectOk(answer, path);
    return true;
  }
}

function sectionName(path: string): AppError {
  return new AppError(
    "invalid_request",
    `the vault's plugin makes no ${JSON.stringify(path)}: it takes names like heading, block and frontmatter for parts of a note. Use another name`,
    { param: "path" },
  );
}

function guardHeaders(guard: Guard): Readonly<Record<string, string>> {
  if (guard.kind === "absent") return { "if-none-match": "*" };
  return guard.kind === "tag" && guard.tag !== undefined ? { "if-match": guard.tag } : {};
}

/** Since version 5 a folder is listed even without a slash at its end. */
function isListing({ header }: RestAnswer): boolean {
  const isJson = header("content-type")?.startsWith("application/json") === true;
  return isJson && header("content-disposition") === undefined;
}

function vaultUrl(path: string): string {
  return `/vault/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function expectOk({ status, body }: RestAnswer, path: string): void {
  if (status < 300) return;
  const message = pluginMessage(body);
  if (status === 404)
    throw new AppError("not_found", `there is no ${JSON.stringify(path)} in the vault`, { param: "path" });
  throw new AppError(
    "invalid_request",
    `the vault's plugin refuses ${JSON.stringify(path)} with ${status}${message === "" ? "" : `: ${message}`}`,
    { param: "path" },
  );
}

function read<T extends TSchema>(schema: T, body: Buffer): Static<T> {
  const value = parse(body);
  if (Value.Check(schema, value)) return value;
  throw new AppError(
    "storage_unavailable",
    `what answers at ${restSettingNames.url} is not Obsidian's Local REST API, or speaks in a form that is not known`,
  );
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function timesOf({ size, mtime }: Static<typeof Stat>): FileTimes {
  return { sizeBytes: size, mtimeMs: mtime };
}
