import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

import { byteRange } from "../core/byte-range.ts";
import type { OpenResult } from "./result-folder.ts";

export type FileAnswer = OpenResult & { readonly contentType: string; readonly name: string };
type Asked = { readonly method: string; readonly headers: IncomingHttpHeaders };

/**
 * Sends a file, or the part of it that a player seeks to (RFC 9110: `Range`, `If-Range`, `If-None-Match`), and closes it. A failure
 * midway breaks the connection off.
 */
export async function sendFile(
  raw: ServerResponse,
  { method, headers }: Asked,
  answer: FileAnswer,
): Promise<void> {
  const { file, bytes, etag, contentType, name } = answer;
  const common = { etag, "accept-ranges": "bytes", "cache-control": "private, no-cache" };
  try {
    if (matches(headers["if-none-match"], etag)) return void raw.writeHead(304, common).end();
    const isCurrent = headers["if-range"] === undefined || headers["if-range"] === etag;
    const range = byteRange(isCurrent && method === "GET" ? headers.range : undefined, bytes);
    if (range === "unsatisfiable")
      return void raw
        .writeHead(416, { ...common, "content-range": `bytes */${bytes}`, "content-length": 0 })
        .end();
    const { from, to } = range === "whole" ? { from: 0, to: bytes - 1 } : range;
    raw.writeHead(range === "whole" ? 200 : 206, {
      ...common,
      "content-type": contentType,
      "content-length": to - from + 1,
      "content-disposition": `inline; filename="${name}"`,
      ...(range === "whole" ? {} : { "content-range": `bytes ${from}-${to}/${bytes}` }),
    });
    if (method === "HEAD" || bytes === 0) return void raw.end();
    await pipeline(file.createReadStream({ start: from, end: to, autoClose: false }), raw);
  } catch {
    raw.destroy();
  } finally {
    await file.close();
  }
}

/** RFC 9110, 13.1.2: any of a list, weakly compared. */
function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\//u, "")) ?? [];
  return tags.includes(etag) || tags.includes("*");
}
