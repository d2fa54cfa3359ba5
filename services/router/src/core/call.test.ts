import fc from "fast-check";
import { expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { readCall } from "./call.ts";

const chat = (fields: object) =>
  readCall("chat", Buffer.from(JSON.stringify({ model: "m", messages: [{}], ...fields })));

function codeOf(run: () => unknown): string {
  try {
    run();
    return "none";
  } catch (error) {
    return error instanceof AppError ? `${error.code} ${error.param ?? "-"}` : `crash ${String(error)}`;
  }
}

test("S31: only chat and completions are streams", () => {
  const text = '{"model":"m","messages":[{}],"prompt":"a","input":"a","stream":true}';
  const isStream = (kind: "chat" | "completion" | "embedding") => readCall(kind, Buffer.from(text)).isStream;
  expect([isStream("chat"), isStream("completion"), isStream("embedding")]).toEqual([true, true, false]);
});

test("B7: any JSON at all is read or refused with a client error", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.constantFrom("model", "messages", "stream", "max_tokens", "__proto__"), fc.jsonValue()),
  );
  fc.assert(
    fc.property(
      value,
      fc.constantFrom("chat" as const, "completion" as const, "embedding" as const),
      (body, kind) => {
        expect(codeOf(() => readCall(kind, Buffer.from(JSON.stringify(body))))).toMatch(
          /^(none|invalid_request|invalid_json) ?/,
        );
      },
    ),
  );
});

test("B7: any bytes are read or refused with a client error", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(codeOf(() => readCall("chat", bytes))).toMatch(/^(invalid_request|invalid_json|duplicate_key) /);
    }),
  );
});

test("B7: a key that stands twice at the top is refused however it is spelt; deeper it is the client's", () => {
  const read = (text: string) => codeOf(() => readCall("chat", Buffer.from(text)));
  expect(read('{"model":"m","messages":[{}],"\\u006dodel":"x"}')).toBe("duplicate_key model");
  expect(read('{"__proto__":1,"model":"m","messages":[{}],"__proto__":2}')).toBe("duplicate_key __proto__");
  expect(read('{"model":"m","messages":[{"a":1,"a":2}]}')).toBe("none");
});

test.each([
  ["n_discard", 0, -1],
  ["n_keep", -1, -2],
  ["n_predict", -2, -3],
  ["max_tokens", -1, -2],
  ["max_completion_tokens", -1, -2],
  ["id_slot", -1, -2],
])("B5: %s may be %i and not %i, nor anything that is no int32", (name, fine, bad) => {
  for (const value of [fine, 2_147_483_647, null]) expect(codeOf(() => chat({ [name]: value }))).toBe("none");
  for (const value of [bad, 2_147_483_648, 1.5, "1", [], {}, true])
    expect(codeOf(() => chat({ [name]: value }))).toBe(`invalid_request ${name}`);
});

test.each([
  ["chat", "messages"],
  ["completion", "prompt"],
  ["embedding", "input"],
] as const)("S35: a %s without %s is refused by name", (kind, name) => {
  for (const text of ['{"model":"m"}', `{"model":"m","${name}":null}`])
    expect(codeOf(() => readCall(kind, Buffer.from(text)))).toBe(`invalid_request ${name}`);
});

test("S35: a model's name is bounded", () => {
  expect(codeOf(() => chat({ model: "m".repeat(512) }))).toBe("none");
  expect(codeOf(() => chat({ model: "m".repeat(513) }))).toBe("invalid_request model");
});
