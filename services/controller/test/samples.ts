import fc from "fast-check";

import type { ModelEntry } from "../src/core/catalogue.ts";
import type { Situation } from "../src/core/decide.ts";
import type { Candidate } from "../src/core/residency.ts";
import type { DesiredWorker, Failure, Limits, ObservedWorker, Penalty } from "../src/core/state.ts";

/** The time of every sample, in epoch ms. */
export const nowMs = 1_000_000;

export const limits: Limits = { loadDeadlineMs: 120_000, stopGraceMs: 10_000 };

export function entry(over: Partial<ModelEntry> = {}): ModelEntry {
  return {
    name: "chat",
    aliases: [],
    slot: over.name ?? "chat",
    kind: "chat",
    needsPooling: false,
    batchTokens: undefined,
    file: { name: "chat.gguf", folder: "models" },
    createdS: 1_700_000_000,
    sizeBytes: 1_000_000,
    contextTokens: 8_192,
    parallel: 2,
    memoryMiB: 600,
    pinned: false,
    idleAfterMs: 900_000,
    device: { wanted: "cpu", actual: "cpu" },
    threads: undefined,
    flags: [],
    image: "llama:1",
    problem: undefined,
    ...over,
  };
}

export function desired(over: Partial<DesiredWorker> = {}): DesiredWorker {
  return { slot: "chat", specHash: "v1", memoryMiB: 600, ...over };
}

/** A healthy worker, unless said otherwise. */
export function worker(over: Partial<ObservedWorker> = {}): ObservedWorker {
  const slot = over.slot ?? "chat";
  return {
    containerId: `${slot}-1`,
    containerName: `stack-worker-${slot}`,
    slot,
    specHash: "v1",
    generation: "g1",
    memoryMiB: 600,
    state: "running",
    health: "healthy",
    sinceMs: nowMs,
    ...over,
  };
}

export function exited(code: number, over: Partial<ObservedWorker> = {}): ObservedWorker {
  return worker({
    state: "exited",
    health: "starting",
    exit: { code, oomKilled: false, message: "" },
    ...over,
  });
}

export function candidate(over: Partial<Candidate> = {}): Candidate {
  return {
    slot: "chat",
    memoryMiB: 600,
    pinned: false,
    idleAfterMs: 900_000,
    demand: { inFlight: 0, queued: 0, oldestWaitMs: 0 },
    lastUsedMs: nowMs,
    heldForMs: 0,
    worker: undefined,
    ...over,
  };
}

export const queued = { inFlight: 0, queued: 1, oldestWaitMs: 10 };
export const inFlight = { inFlight: 1, queued: 0, oldestWaitMs: 0 };

export function failure(over: Partial<Failure> = {}): Failure {
  return {
    phase: "load",
    code: "model_failed",
    message: "the worker of model chat ended while loading with exit code 1",
    containerId: "chat-1",
    atMs: nowMs,
    ...over,
  };
}

export function penalty(over: Partial<Penalty> = {}): Penalty {
  return {
    failures: 1,
    retryAtMs: nowMs + 8_000,
    specHash: "v1",
    last: failure(),
    ...over,
  };
}

/** One model named chat that nobody needs, and an idle machine. */
export function situation(over: Partial<Situation> = {}): Situation {
  const entries = over.entries ?? [entry()];
  return {
    entries,
    specHashes: new Map(entries.map((e) => [e.slot, "v1"])),
    observed: [],
    demand: new Map(),
    lastUsedMs: new Map(entries.map((e) => [e.slot, nowMs])),
    penalties: new Map(),
    imageHolds: new Map(),
    limits: { ...limits, maxLoaded: 4, memoryBudgetMiB: 2_000 },
    nowMs,
    ...over,
  };
}

/** Texts of any code points, half surrogate pairs included. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const codePoint = fc.oneof(fc.nat(0x7f), fc.nat(0x2fff), fc.nat(0x10ffff));
  return fc.array(codePoint, { maxLength }).map((all) => String.fromCodePoint(...all));
}
