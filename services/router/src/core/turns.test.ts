import fc from "fast-check";
import { expect, test } from "vitest";

import { Turns } from "./turns.ts";

type Move = { readonly kind: "enter" | "leave" | "resize"; readonly n: number };

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom("enter" as const, "enter" as const, "leave" as const, "resize" as const),
    n: fc.nat(9),
  }),
  { maxLength: 60 },
);

/** The same rules on plain arrays, as slowly and as obviously as possible. */
class Model {
  held: number[] = [];
  waiting: number[] = [];
  capacity = 2;
  grant(): number[] {
    const granted = this.waiting.splice(0, Math.max(0, this.capacity - this.held.length));
    this.held.push(...granted);
    return granted;
  }
}

test("S30: turns are given in the order of arrival, never more than there are, and nobody is lost", () => {
  fc.assert(
    fc.property(moves, (script: readonly Move[]) => {
      const turns = new Turns<number>(2, 3);
      const model = new Model();
      let next = 0;
      for (const { kind, n } of script) {
        const all = [...model.held, ...model.waiting];
        const member = all[n % Math.max(1, all.length)] ?? -1;
        if (kind === "enter") {
          const isFree = model.waiting.length === 0 && model.held.length < model.capacity;
          const expected = isFree ? "granted" : model.waiting.length < 3 ? "waiting" : "full";
          expect(turns.enter(next)).toBe(expected);
          if (expected === "granted") model.held.push(next);
          if (expected === "waiting") model.waiting.push(next);
          next += 1;
          continue;
        }
        if (kind === "leave") {
          if (member === -1) continue;
          turns.leave(member);
          model.held = model.held.filter((m) => m !== member);
          model.waiting = model.waiting.filter((m) => m !== member);
        } else {
          turns.resize(n);
          model.capacity = Math.max(1, n);
        }
        expect(turns.grant()).toEqual(model.grant());
        expect([turns.held, turns.waiting]).toEqual([model.held.length, model.waiting.length]);
      }
    }),
  );
});
