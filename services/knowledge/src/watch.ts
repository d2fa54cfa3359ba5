import { setTimeout as sleep } from "node:timers/promises";

import { Doorbell } from "@benchai/kernel/doorbell";
import type { Logger } from "@benchai/kernel/log";

import { type SystemWatch, systemWatch } from "./edge/folder-watch.ts";
import type { FolderRun, IngestControl } from "./ingest.ts";

/** What watching needs of the rest. `index` is one look: it finds what changed and indexes it. */
export type WatchPorts = {
  folderSources(): Promise<readonly { readonly id: number; readonly publicId: string }[]>;
  index(sourceId: number, control: IngestControl): Promise<FolderRun>;
};

/** How a source is watched now: by the system's events, or by looking; with the reason, when looking is second best. */
export type WatchState = {
  readonly source: string;
  readonly mode: "events" | "polling";
  readonly reason?: string | undefined;
  readonly problem?: string | undefined;
};

/** Waiting times in ms; tests shorten them. */
export type WatchTimes = {
  /** Events come in bursts: an editor's save is three to five of them. */
  readonly settleMs: number;
  /** How often to look where events cannot be had. */
  readonly pollMs: number;
  /** How often to look all the same where they can. */
  readonly lookMs: number;
};

export const watchTimes: WatchTimes = { settleMs: 200, pollMs: 1_000, lookMs: 30_000 };
/** Looking takes a tenth of the time at most: large folders are polled less often. */
const pollShare = 10;
const longestSettleMs = 1_200;

/** Keeps every folder source indexed. What a look finds is the truth; events only say when to look. */
export class Watchers {
  readonly #ports: WatchPorts;
  readonly #log: Logger;
  readonly #times: WatchTimes;
  readonly #system: SystemWatch;
  readonly #closing = new AbortController();
  readonly #watchers = new Map<number, SourceWatcher>();

  constructor(ports: WatchPorts, log: Logger, times = watchTimes, system = systemWatch) {
    this.#ports = ports;
    this.#system = system;
    this.#log = log;
    this.#times = times;
  }

  /** To be called at start and whenever a folder source was made, changed or deleted. */
  async refresh(): Promise<void> {
    const sources = await this.#ports.folderSources();
    if (this.#closing.signal.aborted) return;
    const present = new Set(sources.map((s) => s.id));
    for (const [id, watcher] of this.#watchers) {
      if (present.has(id)) continue;
      this.#watchers.delete(id);
      void watcher.close();
    }
    for (const { id, publicId } of sources) {
      if (this.#watchers.has(id)) continue;
      const look = (signal: AbortSignal) => this.#ports.index(id, { signal, report: () => undefined });
      const task = { source: publicId, look, times: this.#times };
      this.#watchers.set(id, new SourceWatcher(task, this.#system, this.#log));
    }
  }

  states(): WatchState[] {
    return [...this.#watchers.values()].map((w) => w.state);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#watchers.values()].map((w) => w.close()));
  }
}

type WatchTask = {
  readonly source: string;
  readonly look: (signal: AbortSignal) => Promise<FolderRun>;
  readonly times: WatchTimes;
};

/** Looks at one source, when the bell rings and every so often, until it is closed. */
class SourceWatcher {
  readonly #task: WatchTask;
  readonly #system: SystemWatch;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  readonly #bell = new Doorbell();
  readonly #folders: ReturnType<SystemWatch["watchFolders"]>;
  readonly #ended: Promise<void>;
  #rings = 0;
  #pollReason: string | undefined;
  #problem: string | undefined;

  constructor(task: WatchTask, system: SystemWatch, log: Logger) {
    this.#task = task;
    this.#system = system;
    this.#log = log;
    this.#folders = system.watchFolders(() => this.#ring());
    this.#ended = this.#run();
  }

  get state(): WatchState {
    const mode = this.#pollReason === undefined ? "events" : "polling";
    return { source: this.#task.source, mode, reason: this.#pollReason, problem: this.#problem };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#folders.close();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let seenRings = 0;
    while (!signal.aborted) {
      const rings = this.#rings;
      const wasRung = rings !== seenRings;
      seenRings = rings;
      const run = await this.#lookOnce(signal);
      if (run) await this.#follow(run, wasRung || this.#rings !== rings);
      await this.#wait(run?.scanMs ?? 0, signal).catch(() => undefined);
    }
  }

  async #lookOnce(signal: AbortSignal): Promise<FolderRun | undefined> {
    try {
      const run = await this.#task.look(signal);
      this.#problem = undefined;
      return run;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (!signal.aborted && problem !== this.#problem)
        this.#log.warn({ source: this.#task.source, problem }, "a source could not be looked at");
      this.#problem = problem;
      return undefined;
    }
  }

  /** Watches the folders that the look found, or gives events up, for good, when they cannot be trusted. */
  async #follow({ folders, result }: FolderRun, wasRung: boolean): Promise<void> {
    if (this.#pollReason !== undefined || this.#closing.signal.aborted) return;
    const hasChanged = result.added + result.edited + result.renamed + result.removed > 0;
    const missed = this.#folders.isWatching && hasChanged && !wasRung;
    const [root] = folders;
    if (missed) this.#poll("a change came without an event");
    else if (root !== undefined && !(await this.#system.isWatchable(root)))
      this.#poll("its file system sends no reliable events");
    else {
      const { failure, isNew } = this.#folders.follow(folders);
      if (failure !== undefined) this.#poll(`watching failed: ${failure}`);
      // What changed between the look and the watch rang no bell.
      if (isNew) this.#ring();
    }
  }

  #ring(): void {
    this.#rings += 1;
    this.#bell.ring();
  }

  #poll(reason: string): void {
    this.#pollReason = reason;
    this.#folders.close();
    this.#log.info({ source: this.#task.source, reason }, "polling a source");
  }

  async #wait(scanMs: number, signal: AbortSignal): Promise<void> {
    const { pollMs, lookMs, settleMs } = this.#task.times;
    const isPolling = this.#pollReason !== undefined || this.#problem !== undefined;
    await this.#bell.wait(Math.max(isPolling ? pollMs : lookMs, scanMs * pollShare), signal);
    // A file that is written without a pause must not keep a large folder under the eye without a pause.
    if (!isPolling)
      await sleep(Math.max(settleMs, Math.min(2 * scanMs, longestSettleMs)), undefined, { signal });
  }
}
