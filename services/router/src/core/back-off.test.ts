import fc from "fast-check";
import { expect, test } from "vitest";

import { backOffMs } from "./back-off.ts";

test("S4: pauses double from 100 ms to 0.5 s and are spread by chance", () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((n) => backOffMs(n, 0))).toEqual([100, 200, 400, 500, 500, 500, 500]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (n, chance) => {
        expect(backOffMs(n, chance)).toBeGreaterThanOrEqual(50);
        expect(backOffMs(n, chance)).toBeLessThanOrEqual(500);
      },
    ),
  );
});
