import fc from "fast-check";
import { expect, test } from "vitest";

import { questionOf, rewriteChat } from "./chat-body.ts";

const rewrite = (text: string, changes: Parameters<typeof rewriteChat>[1]) =>
  Buffer.from(rewriteChat(Buffer.from(text), changes)).toString();

test("S36: only what is asked for changes: order, spacing, large numbers and repeated keys stay as they were", () => {
  const body =
    '{ "seed": 12345678901234567890, "benchai": {"rag":true} , "messages":[ {"role":"user","content":"a\\u0062", "x":1,"x":2} ],\n "model":"as", "t": 1.0e-0 }';
  expect(rewrite(body, { model: "m", block: "B\n" })).toBe(
    '{ "seed": 12345678901234567890, "messages":[ {"role":"user","content":"B\\na\\u0062", "x":1,"x":2} ],\n "model":"m", "t": 1.0e-0 }',
  );
});

test.each([
  ['{"benchai":{},"model":"a","messages":[]}', '{"model":"a","messages":[]}'],
  ['{"model":"a","messages":[],"benchai":{"save":true}}', '{"model":"a","messages":[]}'],
  ['{"model":"a" , "benchai":{} , "messages":[]}', '{"model":"a" , "messages":[]}'],
  ['{"benchai":{}}', "{}"],
  ['{"ben\\u0063hai":{},"model":"a"}', '{"model":"a"}'],
])("S36: the field is taken out of %s", (body, expected) => {
  expect(rewrite(body, {})).toBe(expected);
});

const user = (content: unknown) => ({ role: "user", content });
const messages = (list: readonly unknown[], changes: Parameters<typeof rewriteChat>[1]) =>
  JSON.parse(rewrite(JSON.stringify({ model: "m", messages: list }), changes)).messages;

test("the block stands before the last user message's own text, also when a tool answered since", () => {
  const tail = [
    { role: "assistant", content: null },
    { role: "tool", content: "t" },
  ];
  expect(messages([user("first"), user("last"), ...tail], { block: "B " })).toEqual([
    user("first"),
    user("B last"),
    ...tail,
  ]);
});

test("the block is a part of its own before the parts of a message", () => {
  const image = { type: "image_url", image_url: { url: "data:" } };
  expect(messages([user([image])], { block: "B" })).toEqual([user([{ type: "text", text: "B" }, image])]);
  expect(messages([user([])], { block: "B" })).toEqual([user([{ type: "text", text: "B" }])]);
});

test("an assistant's prompt comes first, in one message with the client's own system message", () => {
  const system = "S";
  expect(messages([user("q")], { system })).toEqual([{ role: "system", content: "S" }, user("q")]);
  for (const role of ["system", "developer"])
    expect(messages([{ role, content: "own" }, user("q")], { system })).toEqual([
      { role, content: "S\n\nown" },
      user("q"),
    ]);
  expect(messages([{ role: "system", content: [] }], { system })).toEqual([
    { role: "system", content: [{ type: "text", text: "S\n\n" }] },
  ]);
  expect(messages([{ role: "system", content: null }], { system })).toEqual([
    { role: "system", content: "S" },
    { role: "system", content: null },
  ]);
});

test.each([
  ["a text", [user("a"), user("b")], "b"],
  [
    "parts",
    [user([{ type: "text", text: "a" }, { type: "image_url" }, { type: "text", text: "b" }])],
    "a\nb",
  ],
  ["no user message", [{ role: "system", content: "x" }], undefined],
  ["no text", [user([{ type: "image_url" }])], undefined],
  ["things that are no messages", [1, null, "user", []], undefined],
])("the question is the last user message's text: %s", (_what, list, expected) => {
  expect(questionOf(Buffer.from(JSON.stringify({ messages: list })))).toBe(expected);
});

const message = fc.record(
  {
    role: fc.constantFrom("user", "system", "assistant", "tool"),
    content: fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constant(null),
      fc.array(fc.record({ type: fc.constant("text"), text: fc.string() })),
    ),
    extra: fc.jsonValue(),
  },
  { requiredKeys: ["role"] },
);

test("B7: any body stays JSON, and says what it said but for what was asked", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(message, fc.jsonValue())),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      fc.nat(3),
      (list, others, system, block, spaces) => {
        const plain = { ...others, messages: list, model: "m" };
        const text = JSON.stringify({ ...plain, benchai: { save: true }, z: 1 }, null, spaces);
        expect(JSON.parse(rewrite(text, {}))).toEqual(
          JSON.parse(JSON.stringify({ ...plain, benchai: undefined, z: 1 })),
        );
        const after = JSON.parse(rewrite(text, { model: "real", system, block }));
        expect(after.model).toBe("real");
        expect(after.messages.length - list.length).toBeGreaterThanOrEqual(0);
        const { messages: _, model: __, benchai: ___, ...rest } = after;
        const { messages: _a, model: _b, benchai: _c, ...was } = JSON.parse(text);
        expect(rest).toEqual(was);
      },
    ),
  );
});
