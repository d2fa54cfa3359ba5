import fc from "fast-check";
import { expect, test } from "vitest";

import { SseReader } from "./sse-reader.ts";

test("S18: events are read whole however the text is cut, and comments are skipped", () => {
  const text = ': hello\n\nevent: snapshot\ndata: {"a":\ndata: 1}\n\n: beat\n\ndata:x\r\n\r\n';
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 10 }), (at) => {
      const reader = new SseReader();
      const ends = [...at, text.length].toSorted((a, b) => a - b);
      const events = ends.flatMap((end, i) => reader.push(text.slice(ends[i - 1] ?? 0, end)));
      expect(events).toEqual([
        { name: "snapshot", data: '{"a":\n1}' },
        { name: "message", data: "x" },
      ]);
      expect(reader.heldChars).toBe(0);
    }),
  );
});
