import fc from "fast-check";
import { expect, test } from "vitest";

import { ByteLru } from "./byte-lru.ts";

const maxBytes = 100;
const moves = fc.array(
  fc.record({
    kind: fc.constantFrom("add" as const, "add" as const, "touch" as const, "delete" as const),
    key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"),
    bytes: fc.integer({ min: 0, max: maxBytes / 4 }),
  }),
  { maxLength: 80 },
);

test("after every move there is what a plain list has, never more than the most, the oldest gone first", () => {
  fc.assert(
    fc.property(moves, (script) => {
      const lru = new ByteLru(maxBytes);
      let list: { key: string; bytes: number }[] = [];
      for (const { kind, key, bytes } of script) {
        const old = list.find((entry) => entry.key === key);
        const others = list.filter((entry) => entry.key !== key);
        if (kind === "add") {
          const gone = lru.add(key, bytes);
          list = [...others, { key, bytes }];
          const expected: string[] = [];
          while (list.reduce((sum, entry) => sum + entry.bytes, 0) > maxBytes) {
            expected.push(list.shift()?.key ?? "");
          }
          expect(gone).toEqual(expected);
        } else if (kind === "touch") {
          lru.touch(key);
          if (old) list = [...others, old];
        } else {
          lru.delete(key);
          list = others;
        }
        expect(lru.bytes).toBe(list.reduce((sum, entry) => sum + entry.bytes, 0));
        expect(lru.bytes).toBeLessThanOrEqual(maxBytes);
        for (const entry of list) expect(lru.sizeOf(entry.key)).toBe(entry.bytes);
        if (kind === "delete") expect(lru.sizeOf(key)).toBeUndefined();
      }
    }),
  );
});

test("an entry of more than a quarter of all is not taken, and nothing is when there is no room at all", () => {
  expect([25, 26].map((bytes) => new ByteLru(100).takes(bytes))).toEqual([true, false]);
  expect(new ByteLru(0).takes(1)).toBe(false);
});
