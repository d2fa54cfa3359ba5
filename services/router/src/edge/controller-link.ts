import { setTimeout as delay } from "node:timers/promises";

import { Value } from "typebox/value";
import { Client } from "undici";

import { Snapshot, snapshotHeartbeatMs } from "@benchai/contract/models";
import type { Logger } from "@benchai/kernel/log";

import { backOffMs } from "../core/back-off.ts";
import { SseReader } from "@benchai/kernel/sse-reader";

export type LinkEvents = {
  onSnapshot(snapshot: Snapshot): void;
  /** The connection came or went. */
  onChange(): void;
};

/** Silence after which the connection counts as dead, in ms: three heartbeats. */
const silenceMs = 3 * snapshotHeartbeatMs;
/** Longer snapshots are refused, in characters: thousands of models fit. */
const longestSnapshot = 16 * 1_024 * 1_024;

/** One event stream from the controller, opened again and again; the last snapshot holds while it is away. */
export class ControllerLink {
  readonly #origin: string;
  readonly #path: string;
  readonly #events: LinkEvents;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isConnected = false;
  #heardMs: number | undefined;
  #lostMs = performance.now();

  constructor(controllerUrl: string, events: LinkEvents, log: Logger) {
    const url = new URL(controllerUrl);
    this.#origin = url.origin;
    this.#path = `${url.pathname.replace(/\/+$/, "")}/events`;
    this.#events = events;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Whether a stream is open and has brought a snapshot. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Age of the last sign of life, in ms; null before the first. */
  get seenAgeMs(): number | null {
    return this.#heardMs === undefined ? null : Math.round(performance.now() - this.#heardMs);
  }

  /** How long the controller has been away, in ms; undefined while it is connected. */
  get awayMs(): number | undefined {
    return this.#isConnected ? undefined : performance.now() - this.#lostMs;
  }

  async #run(): Promise<void> {
    for (let failures = 1; !this.#stop.signal.aborted; failures += 1) {
      const wasUseful = await this.#follow();
      if (wasUseful) failures = 1;
      await delay(backOffMs(failures, Math.random()), undefined, {
        signal: this.#stop.signal,
      }).catch(() => undefined);
    }
  }

  /** Reads one stream to its end, whatever that is; tells whether it brought a snapshot. */
  async #follow(): Promise<boolean> {
    const client = new Client(this.#origin, {
      allowH2: false,
      connectTimeout: silenceMs,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    });
    try {
      const headers = { accept: "text/event-stream" };
      const { signal } = this.#stop;
      const { statusCode, body } = await client.request({
        method: "GET",
        path: this.#path,
        headers,
        signal,
      });
      if (statusCode !== 200) throw new Error(`the controller answered ${statusCode} to GET ${this.#path}`);
      const text = new TextDecoder();
      const reader = new SseReader();
      for await (const chunk of body) this.#read(reader, text.decode(chunk, { stream: true }));
      throw new Error("the controller ended the event stream");
    } catch (error) {
      return this.#lose(error);
    } finally {
      await client.destroy().catch(() => undefined);
    }
  }

  #read(reader: SseReader, text: string): void {
    this.#heardMs = performance.now();
    for (const { name, data } of reader.push(text)) if (name === "snapshot") this.#take(data);
    if (reader.heldChars > longestSnapshot) throw new Error("a snapshot is too long");
  }

  #take(data: string): void {
    const snapshot: unknown = JSON.parse(data);
    if (!Value.Check(Snapshot, snapshot))
      throw new Error("a snapshot has another shape than the contract says");
    if (!this.#isConnected) this.#log.info({ role: snapshot.status.role }, "connected to the controller");
    const isNew = !this.#isConnected;
    this.#isConnected = true;
    this.#events.onSnapshot(snapshot);
    if (isNew) this.#events.onChange();
  }

  #lose(error: unknown): boolean {
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    if (wasConnected) {
      this.#lostMs = performance.now();
      this.#log.warn({ err: error }, "lost the controller; models that are loaded go on");
      this.#events.onChange();
    } else this.#log.debug({ err: error }, "the controller does not answer");
    return wasConnected;
  }
}
