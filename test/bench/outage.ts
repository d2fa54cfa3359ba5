import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../support/eventually.ts";
import { type ChatBody, ChatClient } from "./client.ts";

type Asked = { readonly startMs: number; readonly endMs: number; readonly status: number };

/** `backS`: from the kill to the first good answer to a question asked after it. `failedPercent`: of those asked till then. */
export type Outage = { readonly backS: number; readonly failedPercent: number };

export const askEveryMs = 100;

/** A client that asks a server every 100 ms, whether or not the last answer is there. */
export class SteadyClient {
  readonly asked: Asked[] = [];
  readonly #client: ChatClient;
  readonly #waiting = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(port: number, model: string) {
    this.#client = new ChatClient(port);
    const body = { model, max_tokens: 4, temperature: 0 };
    this.#timer = setInterval(() => this.#begin(body), askEveryMs);
  }

  /** The answers to what was asked or still open in this time. */
  between(fromMs: number, toMs: number): Asked[] {
    return this.asked.filter((a) => a.endMs >= fromMs && a.startMs <= toMs);
  }

  /** Waits for the answers that are still due. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#waiting);
    this.#client.close();
  }

  #begin(body: ChatBody): void {
    const answered = this.#ask(body);
    this.#waiting.add(answered);
    void answered.finally(() => this.#waiting.delete(answered));
  }

  async #ask(body: ChatBody): Promise<void> {
    const startMs = performance.now();
    const { status } = await this.#client.ask(body);
    this.asked.push({ startMs, endMs: performance.now(), status });
  }
}

/** Kills what answers on `port` while a client asks it, and waits until it answers again; `revive` is what a person would do. */
export async function outageOf(
  server: { readonly port: number; readonly model: string },
  kill: () => Promise<unknown>,
  revive: () => Promise<unknown> = async () => undefined,
): Promise<Outage> {
  const client = new SteadyClient(server.port, server.model);
  await sleep(5 * askEveryMs);
  const killMs = performance.now();
  await kill();
  const deadMs = performance.now();
  await revive();
  const isBack = (a: Asked) => a.startMs >= deadMs && a.status === 200;
  const back = await eventually("it answers again", () => client.asked.find(isBack));
  await client[Symbol.asyncDispose]();
  return {
    backS: (back.endMs - killMs) / 1_000,
    failedPercent: failedPercent(client.between(killMs, back.startMs)),
  };
}

export function failedPercent(asked: readonly Asked[]): number {
  return (100 * asked.filter((a) => a.status !== 200).length) / asked.length;
}
