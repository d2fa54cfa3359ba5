import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  afterAnswer,
  beforeFirstTry,
  type LeaseAnswer,
  leaseRenewMs,
  leaseTtlMs,
  mayAct,
} from "./leadership.ts";

const leader = afterAnswer(beforeFirstTry, "held", 0);

describe("leadership", () => {
  test("nobody acts before the lease was held", () => {
    expect(mayAct(beforeFirstTry, 0)).toBe(false);
    expect(mayAct(afterAnswer(beforeFirstTry, "unreachable", 0), 0)).toBe(false);
    expect(mayAct(afterAnswer(beforeFirstTry, "other", 0), 0)).toBe(false);
  });

  test("a leader may act until shortly before its lease could end", () => {
    expect(mayAct(leader, leaseRenewMs)).toBe(true);
    expect(mayAct(leader, leaseTtlMs - 401)).toBe(true);
    expect(mayAct(leader, leaseTtlMs - 400)).toBe(false);
  });

  test("S2: a leader that was paused for 10 s may not act before it has asked again", () => {
    expect(mayAct(leader, 10_000)).toBe(false);
    expect(mayAct(afterAnswer(leader, "other", 10_000), 10_000)).toBe(false);
    expect(mayAct(afterAnswer(leader, "held", 10_000), 10_000)).toBe(true);
  });

  test("S57: while the store is away the leader goes on, as long as it keeps asking", () => {
    const away = afterAnswer(leader, "unreachable", 60_000);
    expect(away.role).toBe("leader");
    expect(mayAct(away, 60_900)).toBe(true);
    // Paused while the store was away: somebody else may lead since.
    expect(mayAct(away, 70_000)).toBe(false);
  });

  test("a passive controller stays passive while the store is away", () => {
    const passive = afterAnswer(leader, "other", 1_000);
    expect(afterAnswer(passive, "unreachable", 2_000).role).toBe("passive");
  });

  test("after any answers: acts only as the newest holder, and only on a fresh answer", () => {
    const step = fc.tuple(fc.constantFrom<LeaseAnswer>("held", "other", "unreachable"), fc.nat(5_000));
    fc.assert(
      fc.property(fc.array(step), fc.nat(5_000), (steps, waitMs) => {
        let nowMs = 0;
        let l = beforeFirstTry;
        for (const [answer, afterMs] of steps) {
          nowMs += afterMs;
          l = afterAnswer(l, answer, nowMs);
        }
        const told = steps.map(([answer]) => answer).findLast((a) => a !== "unreachable");
        const isFresh = waitMs < leaseTtlMs - 400;
        expect(mayAct(l, nowMs + waitMs)).toBe(told === "held" && isFresh);
        expect(l.role).toBe(told === "held" ? "leader" : "passive");
      }),
    );
  });
});
