import fc from "fast-check";
import { expect, test } from "vitest";

import { SseFrames } from "./sse-frames.ts";

const line = fc.stringMatching(/^[a-z :[\]é]{0,40}$/);
const event = fc.array(
  line.map((l) => `data: ${l}`),
  { minLength: 1, maxLength: 3 },
);
const cuts = fc.array(fc.nat(2_000), { maxLength: 30 });

function piecesOf(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...new Set([...at.map((n) => n % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

test.each(["\n", "\r\n"])(
  "S14: however a stream is cut, what goes on is whole events and nothing is lost (%j)",
  (eol) => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), cuts, (events, at) => {
        const text = events.map((lines) => lines.join(eol) + eol + eol).join("");
        const frames = new SseFrames(1_000_000);
        let passed = "";
        for (const piece of piecesOf(Buffer.from(text), at)) {
          const whole = frames.push(piece);
          if (!whole) continue;
          passed += Buffer.from(whole).toString();
          expect(passed.endsWith(eol + eol)).toBe(true);
        }
        expect(passed).toBe(text);
      }),
    );
  },
);

test("S14: an unfinished event is held back", () => {
  const frames = new SseFrames(100);
  expect(Buffer.from(frames.push(Buffer.from("data: 1\n\ndata: {")) ?? []).toString()).toBe("data: 1\n\n");
  expect(Buffer.from(frames.push(Buffer.from("}\n\n")) ?? []).toString()).toBe("data: {}\n\n");
});

test("S14: an event beyond the bound goes on in pieces, so that memory is bounded", () => {
  const frames = new SseFrames(10);
  expect(frames.push(Buffer.alloc(10, "x"))).toBeUndefined();
  expect(frames.push(Buffer.from("y"))?.length).toBe(11);
});

test.each([
  ["data: [DONE]\n\n", true],
  ["data: {}\n\ndata: [DONE]\n\n", true],
  ["data:[DONE]\r\n\r\n", true],
  ['data: {"content":"data: [DONE]"}\n\n', false],
  ["data: not data: [DONE]\n\n", false],
  ["data: [DONE]", false],
  ["data: []\n\n", false],
  ["]\n\n", false],
])("S14: %j ends a stream: %j", (text, isDone) => {
  const whole = new SseFrames(1_000);
  whole.push(Buffer.from(text));
  expect(whole.isDone).toBe(isDone);
  const pieces = new SseFrames(1_000);
  for (const byte of Buffer.from(text)) pieces.push(Buffer.from([byte]));
  expect(pieces.isDone).toBe(isDone);
});
