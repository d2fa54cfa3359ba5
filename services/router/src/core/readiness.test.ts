import fc from "fast-check";
import { expect, test } from "vitest";

import { modelStates } from "@benchai/contract/models";

import { modelView } from "../../test/fake-controller.ts";
import { type Decision, decide, progressText, type Situation } from "./readiness.ts";

const limits = { loadWaitMs: 10_000, controllerWaitMs: 1_000 };
const endpoint = { generation: "g", url: "http://w", apiKey: "k" };
const base: Situation = {
  model: "m",
  view: modelView({ name: "m" }),
  endpoint: undefined,
  waitedMs: 0,
  isRetry: false,
  awayMs: undefined,
  nowMs: 1_000_000,
};
const ask = (change: Partial<Situation>) => decide({ ...base, ...change }, limits);
const view = (state: (typeof modelStates)[number], retryAtMs?: number, code = "model_failed") =>
  modelView({
    name: "m",
    state,
    reason: { code, message: "why", ...(retryAtMs === undefined ? {} : { retryAtMs }) },
  });

function short(decision: Decision): string {
  if (decision.kind !== "fail") return decision.kind;
  return `${decision.error.code} ${decision.error.retryAfterS ?? "-"}`;
}

test("S12: a ready model is sent to; one that is not yet is waited for", () => {
  expect(short(ask({ view: view("ready"), endpoint }))).toBe("send");
  for (const state of ["unloaded", "queued", "loading", "stopping", "ready"] as const)
    expect(ask({ view: view(state) })).toEqual({ kind: "wait", recheckMs: 10_000 });
});

test("S7: what has failed is answered at once, with the time of the next try", () => {
  expect(short(ask({ view: view("failed", base.nowMs + 1_500) }))).toBe("model_failed 2");
  expect(short(ask({ view: view("crash-loop", base.nowMs + 60_000, "no_room") }))).toBe("no_room 60");
  expect(short(ask({ view: view("invalid", undefined, "model_invalid") }))).toBe("model_invalid -");
  expect(short(ask({ view: view("failed", undefined, "nonsense") }))).toBe("model_failed -");
  expect(short(ask({ view: view("invalid", undefined, "toString") }))).toBe("model_invalid -");
});

test("S7: a penalty that is over is no reason to refuse: the demand is what starts the next try", () => {
  for (const state of ["failed", "crash-loop"] as const)
    expect(short(ask({ view: view(state, base.nowMs - 1) }))).toBe("wait");
  expect(short(ask({ view: view("invalid", base.nowMs - 1) }))).toBe("model_failed -".replace("-", "1"));
});

test("S14: a request whose worker died waits out the restart, but not a crash loop", () => {
  expect(short(ask({ isRetry: true, view: view("failed", base.nowMs + 1_000) }))).toBe("wait");
  expect(short(ask({ isRetry: true, view: view("failed", base.nowMs + 60_000) }))).toBe("model_failed 60");
  expect(short(ask({ isRetry: true, view: view("crash-loop", base.nowMs + 1_000) }))).toBe("model_failed 1");
});

test("S12: the wait for a load is bounded", () => {
  expect(short(ask({ waitedMs: 10_000 }))).toBe("model_loading 5");
});

test("S4: an absent controller is waited for as long as it is reasonable, whoever was there first", () => {
  expect(ask({ awayMs: 400, waitedMs: 100 })).toEqual({ kind: "wait", recheckMs: 900 });
  expect(short(ask({ awayMs: 50_000, waitedMs: 999 }))).toBe("wait");
  expect(short(ask({ awayMs: 999, waitedMs: 5_000 }))).toBe("wait");
  expect(short(ask({ awayMs: 1_000, waitedMs: 1_000 }))).toBe("controller_unavailable 2");
  expect(short(ask({ view: undefined, awayMs: 1_000, waitedMs: 1_000 }))).toBe("controller_unavailable 2");
  expect(short(ask({ view: view("ready"), endpoint, awayMs: 50_000, waitedMs: 0 }))).toBe("send");
});

test("S12: no situation is waited in for ever", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...modelStates),
      fc.option(fc.integer({ min: -100_000, max: 100_000 }), { nil: undefined }),
      fc.boolean(),
      fc.option(fc.nat(100_000), { nil: undefined }),
      (state, retryInMs, isRetry, awayMs) => {
        const situation = {
          ...base,
          view: view(state, retryInMs === undefined ? undefined : base.nowMs + retryInMs),
          isRetry,
          awayMs,
        };
        let waitedMs = 0;
        for (let looks = 0; looks < 5; looks += 1) {
          const decision = decide(
            {
              ...situation,
              waitedMs,
              awayMs: awayMs === undefined ? undefined : awayMs + waitedMs,
            },
            limits,
          );
          if (decision.kind !== "wait") return;
          expect(decision.recheckMs).toBeGreaterThan(0);
          waitedMs += decision.recheckMs;
        }
        expect.unreachable(`${state} is still waited for after ${waitedMs} ms`);
      },
    ),
  );
});

test("S12: progress is told in words", () => {
  expect(progressText(undefined)).toBe("waiting for the controller");
  expect(progressText(view("ready"))).toBe("restarting");
  expect(progressText(view("queued"))).toBe("queued");
});
