import { randomUUID } from "node:crypto";

import { Pool } from "undici";

import { type DemandReport, demandRenewMs } from "@benchai/contract/demand";
import type { Logger } from "@benchai/kernel/log";

/** Least pause between two reports that are not urgent, in ms: short calls would otherwise cost one each. */
const pauseMs = 100;
const timeoutMs = 2_000;

/**
 * Tells the controller what this router needs: at once when that changes, and again as long as it is
 * something. One report is under way at a time, and the newest state wins.
 */
export class DemandSender {
  readonly #routerId = randomUUID();
  readonly #pool: Pool;
  readonly #path: string;
  readonly #models: () => DemandReport["models"];
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Infinity;
  #sentMs = -Infinity;
  #isSending = false;
  #isClosed = false;

  constructor(controllerUrl: string, models: () => DemandReport["models"], log: Logger) {
    const url = new URL(controllerUrl);
    this.#pool = new Pool(url.origin, {
      connections: 1,
      allowH2: false,
      connectTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    this.#path = `${url.pathname.replace(/\/+$/, "")}/demand`;
    this.#models = models;
    this.#log = log;
  }

  /** What is needed has changed; urgent when a load or its end depends on it. */
  changed(isUrgent: boolean): void {
    const restMs = this.#sentMs + pauseMs - performance.now();
    this.#schedule(isUrgent ? 0 : Math.max(0, restMs));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#pool.destroy();
  }

  /** Sends in `ms`, or earlier when that was planned already; never in the same tick, so that changes gather. */
  #schedule(ms: number): void {
    const dueMs = performance.now() + ms;
    if (this.#isClosed || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(), ms);
  }

  async #send(): Promise<void> {
    if (this.#isSending) return; // the one under way looks again when it is done
    this.#isSending = true;
    this.#dueMs = Infinity;
    this.#sentMs = performance.now();
    const models = this.#models();
    const isTaken = await this.#put({ routerId: this.#routerId, models });
    this.#isSending = false;
    if (!isTaken || Object.keys(models).length > 0) this.#schedule(demandRenewMs);
    const restMs = this.#dueMs - performance.now();
    if (!Number.isFinite(restMs)) return;
    this.#dueMs = Infinity;
    this.#schedule(Math.max(0, restMs));
  }

  async #put(report: DemandReport): Promise<boolean> {
    try {
      const { statusCode, body } = await this.#pool.request({
        method: "PUT",
        path: this.#path,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(report),
      });
      await body.dump();
      if (statusCode >= 300) this.#log.warn({ statusCode }, "the controller refused a demand report");
      return statusCode < 300;
    } catch (error) {
      this.#log.debug({ err: error }, "a demand report did not reach the controller");
      return false;
    }
  }
}
