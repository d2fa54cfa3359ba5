import { Value } from "typebox/value";
import { Agent, fetch, type RequestInit, type Response } from "undici";

import { AppError, type ErrorCode, errorStatus } from "@benchai/contract/errors";
import { ErrorBody } from "@benchai/contract/openai";

/** Asks the router, as any client would. */
export class RouterLink {
  readonly #baseUrl: string;
  /** The router has deadlines of its own, which are long: a model may have to be loaded. */
  readonly #agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl;
  }

  /** Errors: `upstream_failed` while the router cannot be reached; the reason of the signal. */
  async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#baseUrl + path, { ...init, dispatcher: this.#agent });
    } catch (error) {
      init.signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : "unknown error";
      throw new AppError("upstream_failed", `the router cannot be reached: ${why}`, {
        cause: error,
        retryAfterS: 2,
      });
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** The router's error as it is, when it is one of ours: the client asked for this model and is to know. */
export function refusal(response: Response, value: unknown): AppError {
  const said = Value.Check(ErrorBody, value) ? value.error : undefined;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterS = Number.isFinite(retryAfter) ? retryAfter : undefined;
  if (said?.code && isErrorCode(said.code))
    return new AppError(said.code, said.message, { retryAfterS, param: said.param ?? undefined });
  return new AppError("upstream_failed", `the router answered with ${response.status}`, { retryAfterS });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code);
}
