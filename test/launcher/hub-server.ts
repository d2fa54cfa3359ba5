import { createHash } from "node:crypto";
import type http from "node:http";

import { serve } from "./listener.ts";

type Seen = {
  readonly method: string;
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
};

export type HubFile = { readonly path: string; readonly content: Buffer; readonly sha256?: string };

export type Hub = {
  readonly origin: string;
  /** Requests that reached the hub, and those that reached the file host it redirects to. */
  readonly seen: Seen[];
  readonly filesSeen: Seen[];
  /** Bytes after which the file host breaks the next connections off, first to last. */
  readonly breakAfter: number[];
  /** What the file host answers instead of a file. */
  instead: { status: number; type: string; body: string } | undefined;
  supportsRange: boolean;
};

/** A GGUF file as far as the launcher looks: the magic, then bytes that differ from each other. */
export function gguf(size: number, seed = 1): Buffer {
  const content = Buffer.alloc(size);
  for (let i = 0; i < size; i += 1) content[i] = (i * 31 + (i >> 8) * seed) & 0xff;
  content.write("GGUF");
  return content;
}

export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/**
 * The Hugging Face hub's two endpoints that the launcher uses, and the other host that its files come from: an origin
 * of its own, so that a token that follows a redirect is seen.
 */
export async function hub(repo: string, files: readonly HubFile[]): Promise<Hub> {
  const seen: Seen[] = [];
  const filesSeen: Seen[] = [];
  const state: Omit<Hub, "origin"> = {
    seen,
    filesSeen,
    breakAfter: [],
    instead: undefined,
    supportsRange: true,
  };
  const fileHost = await serve((request, response) => {
    filesSeen.push(look(request));
    const file = files.find((one) => `/${encodeURI(one.path)}` === request.url?.split("?")[0]);
    if (state.instead !== undefined) {
      response
        .writeHead(state.instead.status, { "content-type": state.instead.type })
        .end(state.instead.body);
    } else if (file === undefined) {
      response.writeHead(404).end("not here");
    } else {
      sendFile(request, response, file.content, state);
    }
  });
  const tree = files.map(({ path, content, sha256: oid }) => ({
    type: "file",
    oid: "0".repeat(40),
    size: content.length,
    lfs: { oid: oid ?? sha256(content), size: content.length, pointerSize: 134 },
    path,
  }));
  const origin = await serve((request, response) => {
    seen.push(look(request));
    const prefix = `/${repo}/resolve/main/`;
    if (request.url === `/api/models/${repo}/tree/main?recursive=true`) {
      response.end(
        JSON.stringify([{ type: "directory", oid: "1", size: 0, path: "sub" }, ...tree], undefined, 1),
      );
    } else if (request.url?.startsWith(prefix)) {
      response.writeHead(302, { location: `${fileHost}/${request.url.slice(prefix.length)}` }).end();
    } else {
      response
        .writeHead(request.url?.includes("private/") ? 401 : 404, {
          "content-type": "application/json",
        })
        .end(`{"error":"no"}`);
    }
  });
  return Object.assign(state, { origin });
}

const look = ({ method = "", url = "", headers }: http.IncomingMessage): Seen => ({
  method,
  url,
  range: headers.range,
  authorization: headers.authorization,
});

function sendFile(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  content: Buffer,
  state: Omit<Hub, "origin">,
): void {
  const headers = {
    etag: `"${sha256(content).slice(0, 16)}"`,
    "content-type": "application/octet-stream",
  };
  const from = state.supportsRange ? Number(/^bytes=(\d+)-/u.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
  const body = content.subarray(from);
  const ranged = from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, {
    ...headers,
    ...ranged,
    "content-length": body.length,
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const end = state.breakAfter.shift();
  if (end === undefined) response.end(body);
  else response.write(body.subarray(0, end), () => response.destroy());
}
