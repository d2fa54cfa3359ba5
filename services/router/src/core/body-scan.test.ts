import fc from "fast-check";
import { expect, test } from "vitest";

import { scanBody } from "./body-scan.ts";

const bytesOf = (text: string) => Buffer.from(text);

/** Nesting as JSON.parse sees it. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

test("B7: for any JSON, the depth is its nesting and the keys are its outermost keys", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const scan = scanBody(bytesOf(text), 128);
      expect(scan.depth).toBe(depthOf(JSON.parse(text)));
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      const keys = isObject ? Object.keys(JSON.parse(text)) : [];
      const seen = [];
      for (let i = 0; i < scan.keySpans.length; i += 2)
        seen.push(
          JSON.parse(
            bytesOf(text)
              .subarray(scan.keySpans[i], scan.keySpans[i + 1])
              .toString(),
          ),
        );
      expect(new Set(seen)).toEqual(new Set(keys));
      expect(seen).toHaveLength(keys.length);
    }),
  );
});

test("B7: strings of any length and with any escapes end where they end", () => {
  const nasty = fc.array(
    fc.constantFrom('"', "\\", "{", "}", "[", ",", ":", "a", "é", "\n", "x".repeat(40)),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(nasty, nasty), { maxLength: 6 }), space, (pairs, gap) => {
      const members = pairs.map(
        ([k, v]) => `${JSON.stringify(k.join(""))}${gap}:${gap}${JSON.stringify(v.join(""))}`,
      );
      const scan = scanBody(bytesOf(`{${gap}${members.join(`${gap},${gap}`)}}`), 128);
      expect(scan.keySpans.length / 2).toBe(pairs.length);
      expect(scan.depth).toBe(1);
    }),
  );
});

test("B7: any bytes are walked without harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(scanBody(bytes, 10).depth).toBeLessThanOrEqual(11);
    }),
  );
});

test("B7: a walk stops at the first level too deep", () => {
  expect(scanBody(bytesOf("[".repeat(1_000_000)), 128).depth).toBe(129);
});
