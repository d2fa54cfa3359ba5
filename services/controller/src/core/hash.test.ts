import { expect, test } from "vitest";

import { hash32 } from "./hash.ts";

test("the hash is 32-bit FNV-1a, so that names stay the same for ever", () => {
  expect(hash32("")).toBe(0x811c9dc5);
  expect(hash32("a")).toBe(0xe40c292c);
  expect(hash32("foobar")).toBe(0xbf9cf968);
});
