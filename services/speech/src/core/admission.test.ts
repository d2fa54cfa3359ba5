import fc from "fast-check";
import { expect, test } from "vitest";

import { Admission, type Rank } from "./admission.ts";

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "first" as const,
      "ahead" as const,
      "job" as const,
      "leave" as const,
      "giveUp" as const,
    ),
    n: fc.nat(9),
  }),
  { maxLength: 80 },
);

test("never more than the most go or wait, nobody goes twice or is lost, and a rank keeps its order", () => {
  fc.assert(
    fc.property(moves, fc.integer({ min: 1, max: 3 }), fc.nat(4), (script, capacity, maxWaiting) => {
      const admission = new Admission<number>(capacity, maxWaiting);
      const waiting: { id: number; rank: Rank }[] = [];
      const held: Rank[] = [];
      const mayJobGo = () => held.filter((rank) => rank === "job").length < Math.max(1, capacity - 1);
      let next = 0;
      for (const { kind, n } of script) {
        if (kind === "leave") {
          const [rank] = held.splice(n % Math.max(1, held.length), 1);
          if (!rank) continue;
          const granted = admission.leave(rank);
          expect(granted === undefined).toBe(!waiting.some((one) => one.rank !== "job" || mayJobGo()));
          const at = waiting.findIndex(({ id }) => id === granted);
          const [who] = at === -1 ? [] : waiting.splice(at, 1);
          if (who) held.push(who.rank);
          // Nobody of the same rank came before.
          expect(waiting.some((one) => who && one.rank === who.rank && one.id < who.id)).toBe(false);
        } else if (kind === "giveUp") {
          const who = waiting[n % Math.max(1, waiting.length)];
          if (!who) continue;
          admission.giveUp(who.id);
          waiting.splice(waiting.indexOf(who), 1);
        } else {
          const isAlone = !waiting.some(({ rank }) => kind === "job" || rank !== "job");
          const isFree = held.length < capacity && isAlone && (kind !== "job" || mayJobGo());
          const expected = isFree ? "granted" : waiting.length < maxWaiting ? "waiting" : "full";
          expect(admission.enter(next, kind)).toBe(expected);
          if (expected === "granted") held.push(kind);
          if (expected === "waiting") waiting.push({ id: next, rank: kind });
          next += 1;
        }
        expect([admission.held, admission.waiting]).toEqual([held.length, waiting.length]);
        expect(held.length).toBeLessThanOrEqual(capacity);
      }
    }),
  );
});

test("first pieces go before those that are made ahead", () => {
  const admission = new Admission<string>(1, Infinity);
  admission.enter("speaks", "first");
  for (const name of ["ahead 1", "ahead 2"]) admission.enter(name, "ahead");
  for (const name of ["first 1", "first 2"]) admission.enter(name, "first");
  const order = Array.from({ length: 5 }, () => admission.leave("first"));
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
        if (admission.leave("first") === "ahead") left -= 1;
      }
      expect(turns).toBeLessThanOrEqual(aheads * 5);
    }),
  );
});

test("jobs leave a place free where there are two, so that what is listened to next goes at once", () => {
  const admission = new Admission<string>(2, Infinity);
  expect(admission.enter("job 1", "job")).toBe("granted");
  expect(admission.enter("job 2", "job")).toBe("waiting");
  expect(admission.enter("live", "first")).toBe("granted");
  expect(admission.leave("first")).toBeUndefined();
  expect(admission.leave("job")).toBe("job 2");
  const single = new Admission<string>(1, Infinity);
  expect(single.enter("job", "job")).toBe("granted");
});

test("a job goes after all others, and gets its turn though they never stop coming", () => {
  const admission = new Admission<string>(2, Infinity);
  admission.enter("speaks", "first");
  admission.enter("speaks", "first");
  admission.enter("job", "job");
  admission.enter("ahead", "ahead");
  expect(admission.leave("first")).toBe("ahead");
  let turns = 0;
  for (let next: string | undefined = ""; next !== "job"; turns += 1) {
    admission.enter("first", "first");
    next = admission.leave("first");
  }
  expect(turns).toBeLessThanOrEqual(17);
});
