import fc from "fast-check";
import { expect, test } from "vitest";

import { byteRange } from "./byte-range.ts";

test.each([
  [undefined, "whole"],
  ["bytes=0-", { from: 0, to: 99 }],
  ["bytes=0-0", { from: 0, to: 0 }],
  ["Bytes=10-19", { from: 10, to: 19 }],
  ["bytes=90-500", { from: 90, to: 99 }],
  ["bytes=-10", { from: 90, to: 99 }],
  ["bytes=-500", { from: 0, to: 99 }],
  ["bytes=-0", "unsatisfiable"],
  ["bytes=100-", "unsatisfiable"],
  ["bytes=100-200", "unsatisfiable"],
  ["bytes=-", "whole"],
  ["bytes=9-3", "whole"],
  ["bytes=0-1,5-6", "whole"],
  ["lines=1-2", "whole"],
  ["bytes=1e2-", "whole"],
] as const)("%s of 100 bytes", (header, expected) => {
  expect(byteRange(header, 100)).toEqual(expected);
});

test("an empty file has no range", () => {
  expect(byteRange("bytes=0-", 0)).toBe("unsatisfiable");
  expect(byteRange("bytes=-1", 0)).toBe("unsatisfiable");
});

test("whatever is asked, a range lies inside the file", () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.option(fc.nat()), fc.option(fc.nat())).map(([a, b]) => `bytes=${a ?? ""}-${b ?? ""}`),
  );
  fc.assert(
    fc.property(header, fc.nat(), (text, size) => {
      const range = byteRange(text, size);
      if (typeof range === "string") return;
      expect(0 <= range.from && range.from <= range.to && range.to < size).toBe(true);
    }),
  );
});
