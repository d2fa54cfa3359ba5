import fc from "fast-check";
import { expect, test } from "vitest";

import { Admission, type Rank } from "./admission.ts";

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom("first" as const, "ahead" as const, "leave" as const, "giveUp" as const),
    n: fc.nat(9),
  }),
  { maxLength: 80 },
);

test("never more than the most go or wait, nobody goes twice or is lost, and a rank keeps its order", () => {
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 3 }), fc.nat(4), (script, capacity, maxWaiting) => {
      const admission = new Admission<number>(capacity, maxWaiting);
      const waiting: { id: number; rank: Rank }[] = [];
      let [held, next] = [0, 0];
      for (const { kind, n } of script) {
        if (kind === "leave") {
          if (held === 0) continue;
          const granted = admission.leave();
          if (granted === undefined) held -= 1;
          expect(granted === undefined).toBe(waiting.length === 0);
          const at = waiting.findIndex(({ id }) => id === granted);
          const [who] = at === -1 ? [] : waiting.splice(at, 1);
          // Nobody of the same rank came before.
          expect(waiting.some(({ id, rank }) => who && rank === who.rank && id < who.id)).toBe(false);
        } else if (kind === "giveUp") {
          const who = waiting[n % Math.max(1, waiting.length)];
          if (!who) continue;
          admission.giveUp(who.id);
          waiting.splice(waiting.indexOf(who), 1);
        } else {
          const expected = held < capacity ? "granted" : waiting.length < maxWaiting ? "waiting" : "full";
          expect(admission.enter(next, kind)).toBe(expected);
          if (expected === "granted") held += 1;
          if (expected === "waiting") waiting.push({ id: next, rank: kind });
          next += 1;
        }
        expect([admission.held, admission.waiting]).toEqual([held, waiting.length]);
        expect(held).toBeLessThanOrEqual(capacity);
      }
    }),
  );
});

test("first pieces go before those that are made ahead", () => {
  const admission = new Admission<string>(1, Infinity);
  admission.enter("speaks", "first");
  for (const name of ["ahead 1", "ahead 2"]) admission.enter(name, "ahead");
  for (const name of ["first 1", "first 2"]) admission.enter(name, "first");
  const order = Array.from({ length: 5 }, () => admission.leave());
  expect(order).toEqual(["first 1", "first 2", "ahead 1", "ahead 2", undefined]);
});

test("what is made ahead gets its turn though first pieces never stop coming", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), (aheads) => {
      const admission = new Admission<string>(1, Infinity);
      admission.enter("speaks", "first");
      for (let i = 0; i < aheads; i += 1) admission.enter("ahead", "ahead");
      let turns = 0;
      for (let left = aheads; left > 0; turns += 1) {
        admission.enter("first", "first");
        if (admission.leave() === "ahead") left -= 1;
      }
      expect(turns).toBeLessThanOrEqual(aheads * 5);
    }),
  );
});
