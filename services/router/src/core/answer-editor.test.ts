import fc from "fast-check";
import { expect, test } from "vitest";

import { AnswerEditor } from "./answer-editor.ts";

const report = { citations: [], memories: [], tokens: 3, notes: ["a\nb"] };
const chunk = (content: string) =>
  `data: ${JSON.stringify({ id: "c1", created: 5, model: "w", choices: [{ delta: { content } }] })}\n\n`;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test.each(["{}", ' {"id":1}', '{ "a" : {} }\n'])(
  "a whole answer %s gets the report and stays JSON",
  (body) => {
    const edited = JSON.parse(text(new AnswerEditor(report, false).body(Buffer.from(body), true)));
    expect(edited).toEqual({ ...JSON.parse(body), benchai: report });
  },
);

test("what is no object goes on as it came", () => {
  for (const body of ["", "[1]", "oops"])
    expect(text(new AnswerEditor(report, false).body(Buffer.from(body), true))).toBe(body);
});

test("a stream's report is a chunk of the same answer, right before its end", () => {
  const editor = new AnswerEditor(report, false);
  expect(text(editor.events(Buffer.from(chunk("a")), false))).toBe(chunk("a"));
  const last = text(editor.events(Buffer.from(`${chunk("b")}data:[DONE]\r\n\r\n`), true));
  const [content, added, done] = last.split(/\r?\n\r?\n/);
  expect(`${content}\n\n`).toBe(chunk("b"));
  expect(JSON.parse(added?.slice(6) ?? "")).toEqual({
    id: "c1",
    object: "chat.completion.chunk",
    created: 5,
    model: "w",
    choices: [],
    benchai: report,
  });
  expect(done).toBe("data:[DONE]");
});

test("what the model said is kept only when it is to be kept, whatever the pieces it came in", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 })), fc.boolean(), (words, isKept) => {
      const editor = new AnswerEditor(undefined, isKept);
      for (const word of words) editor.events(Buffer.from(chunk(word)), false);
      expect(editor.said).toBe(isKept ? words.join("") : "");
    }),
  );
  const whole = new AnswerEditor(undefined, true);
  whole.body(Buffer.from('{"choices":[{"message":{"content":"hi"}}]}'), true);
  expect(whole.said).toBe("hi");
});

test("B7: any text at all from a worker is no crash", () => {
  fc.assert(
    fc.property(fc.string(), (anything) => {
      const editor = new AnswerEditor(report, true);
      expect(() => editor.body(Buffer.from(anything), true)).not.toThrow();
      expect(() => editor.events(Buffer.from(`data: ${anything}\n\n`), false)).not.toThrow();
    }),
  );
});
