import fc from "fast-check";
import { expect, test } from "vitest";

import { findLines } from "../lines.ts";
import { contentLines, insertAfter, lineCount, removeLines, replaceLines } from "./line-edits.ts";
import { applyEdit, readStored, type PlainEdit } from "./stored-text.ts";

test("the mark and the line ends of a text are kept, and most of its lines say what new ones end with", () => {
  const insert = (text: string) => applyEdit(readStored(text), { start: 2, end: 2, text: "x\ny\n" });
  expect(insert("a\nb\n")).toBe("a\nx\ny\nb\n");
  expect(insert("a\r\nb\r\n")).toBe("a\r\nx\r\ny\r\nb\r\n");
  expect(insert("a\r\nb\nc\r\n")).toBe("a\r\nx\r\ny\r\nb\nc\r\n");
  expect(insert("a\r\nb\nc\n")).toBe("a\r\nx\ny\nb\nc\n");
  expect(insert("\u{feff}a\r\nb")).toBe("\u{feff}a\r\nx\r\ny\r\nb");
  expect(insert("a\rb\r")).toBe("a\rx\ry\rb\r");
  expect(insert("ab")).toBe("abx\ny\n");
});

test("lines of content: a final line end is taken for granted, others count", () => {
  expect(contentLines("")).toEqual([]);
  expect(contentLines("a")).toEqual(["a"]);
  expect(contentLines("a\r\nb\r\n")).toEqual(["a", "b"]);
  expect(contentLines("\n")).toEqual([""]);
  expect(contentLines("a\n\n")).toEqual(["a", ""]);
});

const line = fc.string({ unit: fc.constantFrom("a", "é", "😀", " ", "#"), minLength: 1, maxLength: 4 });
const ended = fc.tuple(line, fc.constantFrom("\n", "\r\n")).map((pair) => pair.join(""));
const mark = fc.constantFrom("", "\u{feff}");
const put = fc.array(line, { minLength: 1, maxLength: 3 });

test("property: lines are put in, replaced and taken away, and the others keep their bytes", () => {
  fc.assert(
    fc.property(
      fc.record({
        mark,
        head: fc.array(ended),
        part: fc.array(ended, { minLength: 1 }),
        tail: fc.array(ended),
        last: line,
      }),
      fc.boolean(),
      put,
      ({ mark: first, head, part, tail, last: unended }, hasFinalEnd, content) => {
        const stored = [first, ...head, ...part, ...tail, hasFinalEnd ? "" : unended].join("");
        const source = readStored(stored);
        const lines = findLines(source.plain);
        expect(lineCount(lines)).toBe(head.length + part.length + tail.length + (hasFinalEnd ? 0 : 1));
        const [from, to] = [head.length, head.length + part.length - 1];
        const before = first + head.join("");
        const after = tail.join("") + (hasFinalEnd ? "" : unended);
        const lastEnd = /\r?\n$/u.exec(part.at(-1) ?? "")?.[0] ?? "";
        const joined = content.join(source.lineEnd);
        expect(applyEdit(source, replaceLines(lines, from, to, content))).toBe(
          before + joined + lastEnd + after,
        );
        expect(applyEdit(source, removeLines(lines, from, to))).toBe(before + after);
        expect(applyEdit(source, insertAfter(lines, to, content))).toBe(
          before + part.join("").slice(0, -lastEnd.length) + source.lineEnd + joined + lastEnd + after,
        );
        expect(applyEdit(source, insertAfter(lines, -1, content))).toBe(
          first + joined + source.lineEnd + stored.slice(first.length),
        );
      },
    ),
  );
});

test("a text without a final line end has none after its last line was changed or taken away", () => {
  const changed = (text: string, edit: (lines: ReturnType<typeof findLines>) => PlainEdit) => {
    const source = readStored(text);
    return applyEdit(source, edit(findLines(source.plain)));
  };
  expect(changed("a\r\nb", (lines) => insertAfter(lines, 1, ["c"]))).toBe("a\r\nb\r\nc");
  expect(changed("a\r\nb", (lines) => replaceLines(lines, 1, 1, ["c", "d"]))).toBe("a\r\nc\r\nd");
  expect(changed("a\r\nb", (lines) => removeLines(lines, 1, 1))).toBe("a");
  expect(changed("b", (lines) => removeLines(lines, 0, 0))).toBe("");
});

test("a text of 5 MB with Windows' line ends is edited in linear time", { tags: "clock" }, () => {
  const big = "word\r\n".repeat(800_000);
  const started = performance.now();
  const source = readStored(big);
  const edit = insertAfter(findLines(source.plain), 799_999, ["end"]);
  expect(applyEdit(source, edit).endsWith("word\r\nend\r\n")).toBe(true);
  expect(performance.now() - started).toBeLessThan(2_000);
});
