import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { Pool } from "undici";

import { AppError } from "@benchai/contract/errors";
import type { Logger } from "@benchai/kernel/log";

import type { SpeechSeen } from "../core/router-health.ts";
import type { RouterConfig } from "./config.ts";
import { ServiceProxy } from "./service-proxy.ts";
import { ServiceWatch } from "./service-watch.ts";

/** `GET /readyz` of speech. */
const Readiness = Type.Object({ ready: Type.Boolean(), reasons: Type.Array(Type.String()) });

const longestAnswerBytes = 1_024 * 1_024;

/** Everything of the router that has to do with the speech service. */
export class Speech {
  readonly proxy: ServiceProxy;
  readonly #pool: Pool;
  readonly #watch: ServiceWatch<SpeechSeen>;

  constructor(config: RouterConfig, log: Logger) {
    const { SPEECH_URL: url } = config;
    const { origin, pathname } = new URL(url);
    this.#pool = new Pool(origin, { connections: 1, allowH2: false, maxResponseSize: longestAnswerBytes });
    const path = `${pathname.replace(/\/+$/, "")}/readyz`;
    const look = async (signal: AbortSignal) => seenOf(await readiness(this.#pool, path, signal));
    this.#watch = new ServiceWatch({ name: "speech", look, away, log });
    this.proxy = new ServiceProxy(url, {
      does: "speech",
      unavailable: "speech_unavailable",
      timeoutMs: config.SPEECH_TIMEOUT_MS,
      stallMs: config.STALL_TIMEOUT_MS,
      maxUploadBytes: config.UPLOAD_LIMIT_BYTES,
    });
  }

  start(): void {
    this.#watch.start();
  }

  get seen(): SpeechSeen {
    return this.#watch.seen;
  }

  async close(): Promise<void> {
    await Promise.all([this.#watch.close(), this.proxy.close(), this.#pool.destroy()]);
  }
}

async function readiness(pool: Pool, path: string, signal: AbortSignal): Promise<Static<typeof Readiness>> {
  const { body } = await pool.request({ method: "GET", path, signal });
  const value: unknown = await body.json();
  if (Value.Check(Readiness, value)) return value;
  throw new AppError("upstream_failed", "it answered /readyz in a form that is not known");
}

function seenOf({ ready, reasons }: Static<typeof Readiness>): SpeechSeen {
  return { tts: ready, reasons: reasons.map((reason) => `speech: ${reason}`) };
}

function away(why: string): SpeechSeen {
  return { tts: false, reasons: [`speech is away (${why}); everything else goes on without it`] };
}
