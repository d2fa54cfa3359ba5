import { describe, expect, test } from "vitest";

import { entry, exited, inFlight, nowMs, penalty, queued, situation, worker } from "../../test/samples.ts";
import { decide } from "./decide.ts";
import { planText } from "./plan.ts";

const said = (over: Parameters<typeof situation>[0]) => planText(decide(situation(over)).plan);

describe("decide", () => {
  test("nobody asks, nothing happens", () => {
    expect(decide(situation())).toMatchObject({ plan: { steps: [], lookAgainInMs: undefined } });
  });

  test("demand is by model name and finds the model's slot", () => {
    const entries = [entry({ name: "Große KI", slot: "gro-e-ki-0abc123" })];
    expect(said({ entries, demand: new Map([["Große KI", queued]]) })).toBe(
      "create gro-e-ki-0abc123 (missing)",
    );
  });

  test("an idle worker is unloaded with its reason, and the look before that is timed for it", () => {
    const observed = [worker()];
    const idleFor = (ms: number) => ({ observed, lastUsedMs: new Map([["chat", nowMs - ms]]) });
    expect(decide(situation(idleFor(890_000))).plan).toEqual({ steps: [], lookAgainInMs: 10_000 });
    expect(said(idleFor(900_000))).toBe("stop chat (idle for 900 s)");
  });

  test("S22: a busy worker keeps its spec when the configuration changes, an idle one is recycled", () => {
    const changed = { observed: [worker()], specHashes: new Map([["chat", "v2"]]) };
    expect(said({ ...changed, demand: new Map([["chat", inFlight]]) })).toBe("");
    expect(said({ ...changed, demand: new Map([["chat", queued]]) })).toBe("stop chat (spec changed)");
    expect(said(changed)).toBe("stop chat (spec changed)");
  });

  test("S16: a busy worker that is unhealthy is recycled, with the new spec", () => {
    const sick = {
      observed: [worker({ health: "unhealthy" })],
      demand: new Map([["chat", inFlight]]),
    };
    expect(said(sick)).toBe("stop chat (unhealthy)");
    expect(said({ ...sick, specHashes: new Map([["chat", "v2"]]) })).toBe("stop chat (spec changed)");
  });

  test("S10: a model whose file is broken is not loaded for anybody, and stopped when it runs", () => {
    const entries = [entry({ problem: "it is cut off", pinned: true })];
    expect(said({ entries, demand: new Map([["chat", queued]]) })).toBe("");
    expect(said({ entries, observed: [worker()] })).toBe("stop chat (not desired)");
  });

  test("S11: a model whose image cannot be had is not created", () => {
    const demand = new Map([["chat", queued]]);
    const hold = { message: "pulling", isFinal: false };
    expect(said({ demand, imageHolds: new Map([["llama:1", hold]]) })).toBe("");
    expect(said({ demand, imageHolds: new Map([["other:1", hold]]) })).toBe("create chat (missing)");
  });

  test("S7: a slot in penalty waits, cleans up meanwhile, and is looked at when it may try again", () => {
    const held = { penalties: new Map([["chat", penalty()]]), demand: new Map([["chat", queued]]) };
    expect(decide(situation(held)).plan).toEqual({ steps: [], lookAgainInMs: 8_000 });
    expect(said({ ...held, observed: [exited(1)] })).toBe("remove chat (it may not load now)");
    expect(said({ ...held, nowMs: nowMs + 8_000 })).toBe("create chat (missing)");
  });

  test("S20: room is made by a stop, and the create follows when the room is there", () => {
    const entries = [entry({ name: "a", memoryMiB: 1_500 }), entry({ name: "b", memoryMiB: 1_500 })];
    const s = { entries, demand: new Map([["b", queued]]) };
    const observed = [worker({ slot: "a", memoryMiB: 1_500 })];
    expect(said({ ...s, observed })).toBe("stop a (makes room for b)");
    expect(said({ ...s, observed: [exited(143, { slot: "a", memoryMiB: 1_500 })] })).toBe(
      "remove a (nobody waits for it any more)",
    );
    expect(said(s)).toBe("create b (missing)");
  });

  test("a worker counts with the memory it was created with, not with what its model would need now", () => {
    const entries = [entry({ memoryMiB: 100 }), entry({ name: "b", memoryMiB: 600 })];
    const s = { entries, demand: new Map([["b", queued]]) };
    const old = worker({ memoryMiB: 1_900, health: "healthy" });
    expect(said({ ...s, observed: [old] })).toBe("stop chat (makes room for b)");
  });
});
