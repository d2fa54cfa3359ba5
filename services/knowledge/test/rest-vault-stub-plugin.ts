import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { basename, dirname, join } from "node:path";

import { parse } from "yaml";

import { patchByHeading, patchByTarget, type Patched, type PatchRequest } from "./rest-vault-stub-patch.ts";

export type StubRequest = {
  readonly method: string;
  /** Decoded, without `/vault/`. */
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type StubAnswer = {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
};

export type PluginOptions = {
  /** The folder that is the vault. */
  readonly root: string;
  /** The plugin's version, which decides what it can do. */
  readonly version: string;
  readonly apiKey: string;
};

const json = "application/json; charset=utf-8";
const markdown = "text/markdown";
/** Path elements that lead into a note, since version 5. */
const sections = ["heading", "block", "frontmatter"];
const noteJson = "application/vnd.olrapi.note+json";
const jsonLogic = "application/vnd.olrapi.jsonlogic+json";

/**
 * Obsidian's Local REST API plugin before a temporary folder, after its published OpenAPI, README and what its issues
 * tell: 2.x (`Heading` headers), 3.x and 4.x (`Target` headers), 5.x (those only with `Markdown-Patch-Version: 1`, and
 * deletion into the trash), 6.x (no such headers, but ETags and `If-Match`, which late 5.x have as well).
 */
export class StubPlugin {
  /** Files that are on the disk and not yet known to Obsidian. */
  readonly unindexed = new Set<string>();
  readonly #options: PluginOptions;
  readonly #major: number;

  constructor(options: PluginOptions) {
    this.#options = options;
    this.#major = Number.parseInt(options.version, 10);
  }

  /** `isMisplacing`: a PATCH puts its text at the top of the note. */
  answer(request: StubRequest, isMisplacing = false): StubAnswer {
    const { url, method } = request;
    const isKnown = request.headers.authorization === `Bearer ${this.#options.apiKey}`;
    if (url.pathname === "/") return this.#status(isKnown);
    if (!isKnown)
      return failure(
        40101,
        "Authorization required.  Find your API Key in the 'Local REST API' section of your Obsidian settings.",
      );
    if (url.pathname === "/search/" && method === "POST") return this.#search(request);
    if (!url.pathname.startsWith("/vault/")) return failure(404, "Not Found");
    if (request.path.split("/").includes("..")) return failure(40021, "Path traversal is not allowed.");
    if (this.#major >= 5 && /^\.obsidian(?:\/|$)/iu.test(request.path))
      return failure(40321, "configuration directory");
    if (method === "GET" || method === "HEAD") return this.#get(request);
    if (request.path === "" || request.path.endsWith("/"))
      return failure(40510, "StubRequest method is valid only for file paths, not directories.");
    const refused = this.#precondition(request);
    if (refused) return refused;
    if (method === "PUT") return this.#put(request);
    if (method === "POST") return this.#post(request);
    if (method === "PATCH") return this.#patch(request, isMisplacing);
    return method === "DELETE" ? this.#delete(request) : failure(404, "Not Found");
  }

  #status(authenticated: boolean): StubAnswer {
    const { version } = this.#options;
    const versions = { obsidian: "1.9.14", self: version };
    return ok({
      status: "OK",
      manifest: { version },
      versions,
      service: "Obsidian Local REST API",
      authenticated,
    });
  }

  /** What Obsidian has in its index: no dot folders, no dot files, and nothing that came behind its back. */
  #files(folder = ""): string[] {
    return readdirSync(join(this.#options.root, folder), { withFileTypes: true })
      .filter(({ name }) => !name.startsWith("."))
      .flatMap((entry) => {
        const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
        return entry.isDirectory() ? this.#files(path) : [path];
      })
      .filter((path) => !this.unindexed.has(path));
  }

  #isIndexed(path: string): boolean {
    return (
      this.#isFile(path) && !this.unindexed.has(path) && !path.split("/").some((part) => part.startsWith("."))
    );
  }

  #isFile(path: string): boolean {
    const full = join(this.#options.root, path);
    return existsSync(full) && statSync(full).isFile();
  }

  #get(request: StubRequest): StubAnswer {
    const { path } = request;
    const isFolder = this.#major >= 5 && this.#files().some((file) => file.startsWith(`${path}/`));
    if (path === "" || path.endsWith("/") || isFolder) return this.#list(isFolder ? `${path}/` : path);
    if (!this.#isFile(path)) return this.#section(path);
    if (request.headers.accept === noteJson)
      return this.#isIndexed(path) ? ok(this.#note(path), noteJson) : this.#unknownNote();
    const bytes = readFileSync(join(this.#options.root, path));
    const type = path.endsWith(".md") ? `${markdown}; charset=utf-8` : "application/octet-stream";
    const disposition = `attachment; filename="${encodeURI(path)}"`;
    return {
      status: 200,
      headers: { "content-type": type, "content-disposition": disposition, etag: this.#entityTag(bytes) },
      body: bytes,
    };
  }

  /** Version 3 stumbles over it outside of what answers for errors, and so never answers (its source, `getFileMetadataObject`). */
  #unknownNote(): StubAnswer {
    return this.#major < 5 ? noAnswer : failure(404, "Not Found");
  }

  /** `note.md/heading/Name`: since version 5 that is a section of the note. */
  #section(path: string): StubAnswer {
    const [, note = "", name = ""] = /^(.+?)\/heading\/(.+)$/u.exec(path) ?? [];
    const text = this.#isFile(note) ? readFileSync(join(this.#options.root, note), "utf8") : "";
    const at = text.indexOf(`# ${name}\n`);
    if (this.#major < 5 || at === -1 || name === "") return failure(404, "Not Found");
    const headers = { "content-type": markdown, "content-location": encodeURIComponent(note) };
    return { status: 200, headers, body: Buffer.from(text.slice(at + name.length + 3)) };
  }

  #list(folder: string): StubAnswer {
    const below = this.#files().filter((file) => file.startsWith(folder));
    const names = below.map((file) => /^[^/]*\/?/u.exec(file.slice(folder.length))?.[0] ?? "");
    const isMissing = names.length === 0 && (folder !== "" || this.#major < 5);
    return isMissing ? failure(404, "Not Found") : ok({ files: [...new Set(names)].toSorted() });
  }

  /** Before 6 there is only Express's weak one, which no write heeds. */
  #entityTag(bytes: Buffer): string {
    const hash = createHash("sha256").update(bytes).digest("hex");
    return this.#major >= 6
      ? `"${hash.slice(0, 6)}"`
      : `W/"${bytes.length.toString(16)}-${hash.slice(0, 27)}"`;
  }

  #note(path: string): Record<string, unknown> {
    const { ctimeMs, mtimeMs, size } = statSync(join(this.#options.root, path));
    const content = readFileSync(join(this.#options.root, path), "utf8");
    const yaml = /^---\n([\s\S]*?)\n---/u.exec(content)?.[1] ?? "";
    const frontmatter: unknown = parse(yaml) ?? {};
    const stat = { ctime: Math.round(ctimeMs), mtime: Math.round(mtimeMs), size };
    return { tags: [], frontmatter, stat, path, content };
  }

  #precondition({ path, headers }: StubRequest): StubAnswer | undefined {
    const match = headers["if-match"];
    if (this.#major < 6 || (match === undefined && headers["if-none-match"] === undefined)) return undefined;
    const tag = this.#isFile(path)
      ? this.#entityTag(readFileSync(join(this.#options.root, path)))
      : undefined;
    const isMet = match === undefined ? tag === undefined : tag === match;
    return isMet ? undefined : failure(41200, "Precondition failed.");
  }

  /** Bodies as Express's parsers leave them: text without its byte order mark, JSON written anew, other bytes as they are. */
  #put({ path, headers, body }: StubRequest): StubAnswer {
    const type = headers["content-type"] ?? "";
    const isThere = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
    if (!isThere) return this.#write(path, Buffer.from("{}"));
    const parts = path.split("/");
    if (this.#major >= 5 && !this.#isFile(path) && sections.some((name) => parts.includes(name)))
      return failure(404, "Not Found");
    if (type.startsWith("text/")) return this.#write(path, Buffer.from(decoded(body)));
    if (type.startsWith("application/json"))
      return this.#write(path, Buffer.from(JSON.stringify(JSON.parse(body.toString() || "{}"))));
    return this.#write(path, body);
  }

  #write(path: string, bytes: Buffer): StubAnswer {
    const full = join(this.#options.root, path);
    if (existsSync(full) && statSync(full).isDirectory())
      return failure(500, "EISDIR: illegal operation on a directory");
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, bytes);
    this.unindexed.delete(path);
    return {
      status: 204,
      headers: this.#major >= 6 ? { etag: this.#entityTag(bytes) } : {},
      body: Buffer.alloc(0),
    };
  }

  #post({ path, headers, body }: StubRequest): StubAnswer {
    if (headers["content-type"]?.startsWith("text/") !== true)
      return failure(
        40010,
        "Incoming content must be text data and have an appropriate text/* Content-type header set",
      );
    // What the index does not have is taken to be empty.
    const old = this.#isIndexed(path) ? decoded(readFileSync(join(this.#options.root, path))) : "";
    const gap = old === "" && !this.#isIndexed(path) ? "" : old.endsWith("\n") ? "" : "\n";
    return this.#write(path, Buffer.from(old + gap + decoded(body)));
  }

  #patch({ path, headers, body }: StubRequest, isMisplacing: boolean): StubAnswer {
    if (!this.#isIndexed(path)) return failure(404, "Not Found");
    const text = decoded(readFileSync(join(this.#options.root, path)));
    const patched = this.#patched(text, { headers, body: decoded(body) });
    if ("errorCode" in patched) return failure(patched.errorCode, patched.message);
    const result = isMisplacing ? decoded(body) + text : patched.text;
    this.#write(path, Buffer.from(result));
    return { status: 200, headers: { "content-type": markdown }, body: Buffer.from(result) };
  }

  #patched(text: string, request: PatchRequest): Patched {
    const { headers } = request;
    const hasHeading = headers["heading"] !== undefined && headers["target-type"] === undefined;
    if (this.#major < 3 || (hasHeading && this.#major < 4)) return patchByHeading(text, request);
    if (this.#major < 5 || (this.#major === 5 && headers["markdown-patch-version"] === "1"))
      return patchByTarget(text, request);
    return this.#major === 5
      ? { errorCode: 40084, message: "requires an explicit 'Markdown-Patch-Version' header" }
      : { errorCode: 40081, message: "A PATCH expects a JSON instruction object as the request body" };
  }

  #delete({ path, url }: StubRequest): StubAnswer {
    const full = join(this.#options.root, path);
    if (!this.#isFile(path)) return failure(404, "Not Found");
    if (this.#major >= 5 && url.searchParams.get("permanent") !== "true") {
      mkdirSync(join(this.#options.root, ".trash"), { recursive: true });
      let name = basename(path);
      while (existsSync(join(this.#options.root, ".trash", name))) name = `again ${name}`;
      renameSync(full, join(this.#options.root, ".trash", name));
    } else rmSync(full);
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }

  /** Only `{"var": …}` of JsonLogic; of markdown files alone, as in the plugin. */
  #search({ headers, body }: StubRequest): StubAnswer {
    if (headers["content-type"] !== jsonLogic) return failure(40011, "Content-Type header required");
    const logic = JSON.parse(body.toString()) as { var?: string };
    if (logic.var === undefined) return failure(40070, "The query you provided could not be processed.");
    const notes = this.#files().filter((path) => path.endsWith(".md"));
    return ok(
      notes
        .map((path) => ({ filename: path, result: valueAt(this.#note(path), logic.var ?? "") }))
        .filter(({ result }) => Boolean(result)),
    );
  }
}

/** What is never sent. */
export const noAnswer: StubAnswer = { status: 0, headers: {}, body: Buffer.alloc(0) };

function ok(value: unknown, type = json): StubAnswer {
  return {
    status: 200,
    headers: { "content-type": type },
    body: Buffer.from(JSON.stringify(value, null, 2)),
  };
}

/** `{errorCode, message}`; a code of three digits is a status, one of five begins with it. */
export function failure(code: number, message: string): StubAnswer {
  const errorCode = code < 1_000 ? code * 100 : code;
  return { ...ok({ message, errorCode }), status: Math.floor(errorCode / 100) };
}

function decoded(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}

function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}
