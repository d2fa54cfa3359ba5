import { once } from "node:events";

import { Pool } from "undici";

import { AppError } from "@benchai/contract/errors";

import { type RestEndpoint, restSettingNames } from "./rest-settings.ts";
import { pinnedConnector } from "./rest-trust.ts";

/** A request to the plugin. `path` is encoded and begins with a slash. */
export type RestCall = {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Ends it early; the deadline holds all the same. */
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs?: number;
};

/** A whole answer, whatever its status, but for those that make the vault unavailable. */
export type RestAnswer = {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
};

const defaultDeadlineMs = 30_000;
/** The largest answer that is taken: a note, or the list of a large vault. */
const mostBytes = 64 * 1_048_576;
const maxConnections = 8;
const longestConnectMs = 10_000;
const mustRun = "Obsidian must run there, with the Local REST API plugin on and reachable from here";

/**
 * HTTP to one plugin: its key in every request, a deadline on each, answers of bounded size, no redirects. Throws
 * `storage_unavailable` when there is no whole answer, when it is a 5xx, a redirect, or a refusal of the key, and
 * `storage_full` when the vault's disk is full.
 */
export class RestClient {
  readonly #endpoint: RestEndpoint;
  readonly #deadlineMs: number;
  readonly #pool: Pool;

  constructor(endpoint: RestEndpoint, deadlineMs = defaultDeadlineMs) {
    this.#endpoint = endpoint;
    this.#deadlineMs = deadlineMs;
    const { pin } = endpoint;
    const timeout = Math.min(deadlineMs, longestConnectMs);
    this.#pool = new Pool(endpoint.origin, {
      connections: maxConnections,
      pipelining: 1,
      allowH2: false,
      connect: pin ? pinnedConnector(endpoint, pin, timeout) : { timeout },
    });
  }

  async ask(call: RestCall): Promise<RestAnswer> {
    const deadline = AbortSignal.timeout(call.deadlineMs ?? this.#deadlineMs);
    const signal = call.signal ? AbortSignal.any([call.signal, deadline]) : deadline;
    const done = new AbortController();
    try {
      // undici looks at the signal only once it has a connection.
      const answer = await Promise.race([this.#exchange(call, signal), aborted(signal, done.signal)]);
      this.#checkStatus(answer);
      return answer;
    } catch (error) {
      call.signal?.throwIfAborted();
      throw error instanceof AppError ? error : this.#away(reasonOf(error), error);
    } finally {
      done.abort();
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #exchange(call: RestCall, signal: AbortSignal): Promise<RestAnswer> {
    const { statusCode, headers, body } = await this.#pool.request({
      method: call.method,
      path: this.#endpoint.basePath + call.path,
      headers: { ...call.headers, authorization: `Bearer ${this.#endpoint.apiKey}` },
      body: call.body ?? null,
      signal,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > mostBytes) throw this.#away(`it answers with more than ${mostBytes} bytes`);
      chunks.push(chunk);
    }
    const header = (name: string) => [headers[name] ?? []].flat()[0];
    return { status: statusCode, header, body: Buffer.concat(chunks) };
  }

  #checkStatus({ status, header, body }: RestAnswer): void {
    if (status === 401) throw this.keyRefused();
    if (status === 429) {
      const retryAfterS = Number(header("retry-after")) || 60;
      throw this.#away(
        "it refuses requests for a while, after too many with a wrong key",
        undefined,
        retryAfterS,
      );
    }
    if (status >= 300 && status < 400)
      throw this.#away(
        `it answers with a redirect, which is not followed; set ${restSettingNames.url} to where it is`,
      );
    if (status < 500) return;
    if (/\bENOSPC\b|\bEDQUOT\b/u.test(pluginMessage(body)))
      throw new AppError("storage_full", `the disk with the vault at ${this.#endpoint.origin} is full`);
    throw this.#away(`it answers with ${status}`);
  }

  keyRefused(): AppError {
    return this.#away(
      `it refuses the API key; set ${restSettingNames.apiKey} to the one in Obsidian's settings, Local REST API`,
    );
  }

  #away(why: string, cause?: unknown, retryAfterS?: number): AppError {
    const place = `the vault at ${this.#endpoint.origin}`;
    return new AppError("storage_unavailable", `${place} is not available: ${why}`, { cause, retryAfterS });
  }
}

/** Rejects when `signal` aborts, unless `done` does before. */
async function aborted(signal: AbortSignal, done: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort", { signal: done });
  throw signal.reason;
}

/** What the plugin says of a failure, shortened and without line ends; "" when it says nothing. */
export function pluginMessage(body: Buffer): string {
  try {
    const parsed: unknown = JSON.parse(body.subarray(0, 10_000).toString());
    const message =
      typeof parsed === "object" && parsed !== null && "message" in parsed ? parsed.message : "";
    return typeof message === "string" ? message.replaceAll(/\p{Cc}+/gu, " ").slice(0, 200) : "";
  } catch {
    return "";
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  if (error.name === "TimeoutError") return `it does not answer in time; ${mustRun}`;
  return `${"code" in error ? String(error.code) : error.message}; ${mustRun}`;
}
