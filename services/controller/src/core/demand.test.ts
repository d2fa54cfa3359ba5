import fc from "fast-check";
import { expect, test } from "vitest";

import { demandTtlMs, type ModelDemand } from "@benchai/contract/demand";

import { type ReceivedReport, silentRouterBusyMs, stillRelevant, totalDemand } from "./demand.ts";

const nowMs = 1_000_000;

function report(ageMs: number, models: Record<string, Partial<ModelDemand>>, routerId = "r1") {
  const full = Object.entries(models).map(([name, d]): [string, ModelDemand] => [
    name,
    { inFlight: 0, queued: 0, oldestWaitMs: 0, ...d },
  ]);
  const received: ReceivedReport = {
    report: { routerId, models: Object.fromEntries(full) },
    receivedAtMs: nowMs - ageMs,
  };
  return received;
}

test("the demand of several routers is added up, and the oldest wait is the longest of them", () => {
  const reports = [
    report(0, { chat: { inFlight: 1, queued: 2, oldestWaitMs: 300 } }),
    report(100, { chat: { inFlight: 2, queued: 1, oldestWaitMs: 500 } }, "r2"),
  ];
  expect(totalDemand(reports, nowMs)).toEqual(
    new Map([["chat", { inFlight: 3, queued: 3, oldestWaitMs: 600 }]]),
  );
});

test("a wait grows with the age of its report", () => {
  const waiting = [report(700, { chat: { queued: 1, oldestWaitMs: 300 } })];
  expect(totalDemand(waiting, nowMs).get("chat")?.oldestWaitMs).toBe(1_000);
});

test("what waits expires with its report", () => {
  const waits = (ageMs: number) => totalDemand([report(ageMs, { chat: { queued: 1 } })], nowMs).size;
  expect(waits(demandTtlMs)).toBe(1);
  expect(waits(demandTtlMs + 1)).toBe(0);
});

test("S19: what a router had in flight when it fell silent stays busy for a minute", () => {
  const busy = (ageMs: number) =>
    totalDemand([report(ageMs, { chat: { inFlight: 1, queued: 1 } })], nowMs).get("chat");
  expect(busy(silentRouterBusyMs)).toEqual({ inFlight: 1, queued: 0, oldestWaitMs: 0 });
  expect(busy(silentRouterBusyMs + 1)).toBeUndefined();
});

test("a model that a report names with nothing is not in demand", () => {
  expect(totalDemand([report(0, { chat: { inFlight: 0, queued: 0 } })], nowMs).size).toBe(0);
});

test("B7: a model named like a part of the language is a model like any other", () => {
  const models = Object.fromEntries(["__proto__", "constructor", "toString"].map((n) => [n, { queued: 1 }]));
  expect([...totalDemand([report(0, models)], nowMs).keys()].toSorted()).toEqual(
    Object.keys(models).toSorted(),
  );
});

const reportsArb = fc.array(
  fc
    .tuple(
      fc.nat(2 * silentRouterBusyMs),
      fc.dictionary(
        fc.constantFrom("a", "b"),
        fc.record({ inFlight: fc.nat(3), queued: fc.nat(3), oldestWaitMs: fc.nat(9_000) }),
      ),
      fc.string(),
    )
    .map(([ageMs, models, id]) => report(ageMs, models, id)),
);

test("for any reports: no empty entries, nothing negative, and dropping the irrelevant changes nothing", () => {
  fc.assert(
    fc.property(reportsArb, (reports) => {
      const total = totalDemand(reports, nowMs);
      for (const d of total.values()) {
        expect(d.inFlight + d.queued).toBeGreaterThan(0);
        expect(Math.min(d.inFlight, d.queued, d.oldestWaitMs)).toBeGreaterThanOrEqual(0);
      }
      expect(totalDemand(stillRelevant(reports, nowMs), nowMs)).toEqual(total);
      expect(totalDemand(reports.toReversed(), nowMs)).toEqual(total);
    }),
  );
});
