import { describe, expect, test } from "vitest";

import { entry, exited, failure, nowMs, penalty, queued, situation, worker } from "../../test/samples.ts";
import { decide, type Situation } from "./decide.ts";
import { modelViews } from "./view.ts";

/** `state`, or `state: code: message`. */
function standing(over: Partial<Situation>): string {
  const s = situation(over);
  const [view] = modelViews(s, decide(s));
  return [view?.state, view?.reason?.code, view?.reason?.message].filter(Boolean).join(": ");
}
const asked = { demand: new Map([["chat", queued]]) };
const held = (failures: number, phase: "load" | "run" | "create" = "load") => ({
  penalties: new Map([["chat", penalty({ failures, last: failure({ phase }) })]]),
});
const died = "model_failed: the worker of model chat ended while loading with exit code 1";

describe("the state of a model", () => {
  test.each<[string, Partial<Situation>]>([
    ["unloaded", {}],
    ["queued", asked],
    ["queued", { entries: [entry({ pinned: true })] }],
    ["loading", { ...asked, observed: [worker({ state: "created", health: "starting" })] }],
    ["loading", { ...asked, observed: [worker({ health: "starting" })] }],
    ["ready", { observed: [worker()] }],
    ["ready", { ...asked, observed: [worker()] }],
    ["stopping", { observed: [worker()], lastUsedMs: new Map([["chat", 0]]) }],
    ["stopping", { observed: [exited(0)] }],
    ["stopping", { observed: [worker({ health: "unhealthy" })] }],
    ["stopping", { observed: [worker({ specHash: "v0" })] }],
    [`failed: ${died}`, held(1)],
    [`failed: ${died} (2 failures in a row)`, held(2)],
    [`crash-loop: ${died} (3 failures in a row)`, held(3)],
    [`crash-loop: ${died} (4 failures in a row)`, { ...asked, ...held(4), observed: [exited(1)] }],
    // A worker that ran well and died is simply restarted.
    [`queued: ${died}`, held(1, "run")],
    [`failed: ${died}`, held(1, "create")],
    // The retry runs: what counts is that it loads.
    ["loading", { ...asked, ...held(3), observed: [worker({ health: "starting" })] }],
    // The penalty is over.
    ["unloaded", { ...held(3), nowMs: nowMs + 8_000 }],
  ])("%s", (expected, over) => {
    expect(standing(over)).toBe(expected);
  });

  test("S10: a broken file is invalid, with the reason, whatever else is the case", () => {
    const entries = [entry({ problem: "it is cut off: 5 of at least 9 bytes are there" })];
    const said = "invalid: model_invalid: it is cut off: 5 of at least 9 bytes are there";
    expect(standing({ entries })).toBe(said);
    expect(standing({ entries, ...asked, ...held(4) })).toBe(said);
  });

  test("S20: who does not fit is queued with the reason", () => {
    const entries = [entry({ memoryMiB: 2_001 })];
    expect(standing({ entries, ...asked })).toBe(
      "queued: no_room: no room for chat: it needs 2001 MiB, more than the whole budget of 2000 MiB; lower its context in benchai.yaml, or raise limits.memoryMiB",
    );
  });

  test("S11: an image that is pulled queues, one that cannot be had fails, also before anybody asks", () => {
    const hold = (isFinal: boolean) => ({
      imageHolds: new Map([["llama:1", { message: "no such image llama:1", isFinal }]]),
    });
    expect(standing({ ...asked, ...hold(false) })).toBe("queued: image_unavailable: no such image llama:1");
    expect(standing(hold(false))).toBe("unloaded");
    expect(standing(hold(true))).toBe("failed: image_unavailable: no such image llama:1");
  });

  test("a reason says when asking again can help", () => {
    const s = situation(held(3));
    expect(modelViews(s, decide(s))[0]?.reason?.retryAtMs).toBe(nowMs + 8_000);
  });
});

test("a view shows the model, its worker and no secret", () => {
  const s = situation({ observed: [worker({ memoryMiB: 700, address: "10.0.0.2" })], ...held(2) });
  expect(modelViews(s, decide(s))).toEqual([
    {
      name: "chat",
      aliases: [],
      slot: "chat",
      kind: "chat",
      state: "ready",
      createdS: 1_700_000_000,
      sizeBytes: 1_000_000,
      contextTokens: 8_192,
      parallel: 2,
      memoryMiB: 700,
      pinned: false,
      device: { wanted: "cpu", actual: "cpu" },
      failures: 2,
      worker: {
        containerId: "chat-1",
        containerName: "stack-worker-chat",
        generation: "g1",
        state: "running",
        health: "healthy",
        sinceMs: nowMs,
      },
    },
  ]);
});
