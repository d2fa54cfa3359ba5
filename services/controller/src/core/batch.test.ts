import { expect, test } from "vitest";

import { batchTokensOf } from "./batch.ts";

const encoder = { hasCache: false, poolsLast: false };
const decoder = { hasCache: true, poolsLast: false };
const lastToken = { hasCache: true, poolsLast: true };

test("a model that makes one vector or score of an input gets a batch as long as its context", () => {
  expect(batchTokensOf("embedding", encoder, 8_192, [])).toBe(8_192);
  expect(batchTokensOf("rerank", encoder, 512, [])).toBe(512);
  expect(batchTokensOf("embedding", decoder, 32_768, [])).toBe(32_768);
  expect(batchTokensOf("embedding", undefined, 8_192, [])).toBe(8_192);
});

test("a model that can read an input in parts keeps the server's own batch", () => {
  expect(batchTokensOf("chat", decoder, 8_192, ["-ub", "4096"])).toBeUndefined();
  expect(batchTokensOf("embedding", lastToken, 32_768, [])).toBeUndefined();
});

test("ranking needs it with the last token's pooling, too, since the server then pools by rank", () => {
  expect(batchTokensOf("rerank", lastToken, 8_192, [])).toBe(8_192);
});

test("the owner's own batch counts, the last one given, however it is spelt", () => {
  const own = (...flags: string[]) => batchTokensOf("embedding", encoder, 8_192, flags);
  expect(own("-ub", "1024")).toBe(1_024);
  expect(own("-ub", "1024", "--ubatch-size", "2048")).toBe(2_048);
  expect(own("--ubatch_size", "2048", "--temp", "0")).toBe(2_048);
  expect(own("--batch-size", "4096")).toBe(8_192);
  expect([own("-ub"), own("-ub", "many"), own("-ub", "-5")]).toEqual([8_192, 8_192, 8_192]);
});
