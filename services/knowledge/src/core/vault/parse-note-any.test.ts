import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { briefLink } from "../../../test/support/brief-link.ts";
import { parseNote } from "./parse-note.ts";

describe("any text", () => {
  const marks = [
    "[[",
    "]]",
    "[",
    "](",
    ")",
    "!",
    "#",
    "# ",
    "|",
    "\\",
    "`",
    "```\n",
    "~~~",
    "$",
    "$$",
    "%%",
    "<!--",
    "-->",
    "<b>",
    "^x",
  ];
  const more = [
    "\n",
    "\r\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "    ",
    "\t",
    "---\n",
    "===\n",
    "|-|-|\n",
    "::",
    "[!a]",
    "a",
    "é",
    "😀",
    " ",
    "\u{feff}",
    "\0",
    "\u{d800}",
  ];
  const text = fc.array(
    fc.oneof(fc.constantFrom(...marks), fc.constantFrom(...more), fc.string({ unit: "binary" })),
    { maxLength: 60 },
  );

  it("is read, with links that stand where they say", () => {
    fc.assert(
      fc.property(text, (parts) => {
        const note = parts.join("");
        const lineCount = note.split("\n").length;
        const { links, headings, blocks, callouts } = parseNote(note);
        for (const { kind, span, targetSpan, isEmbed, isProperty, line } of links) {
          const written = note.slice(span.start, span.end);
          expect(written.startsWith(isEmbed ? "![" : "[")).toBe(true);
          if (kind === "wikilink") expect(written).toMatch(/^!?\[\[.+\]\]$/u);
          expect(targetSpan.start).toBeGreaterThan(span.start);
          expect(targetSpan.end).toBeLessThanOrEqual(span.end);
          expect(note.slice(0, span.start).split("\n")).toHaveLength(line);
          if (!isProperty) expect(note.slice(targetSpan.start, targetSpan.end)).not.toContain("#");
        }
        for (const { line, endLine } of [...headings, ...blocks, ...callouts]) {
          expect(line).toBeGreaterThan(0);
          expect(endLine).toBeGreaterThanOrEqual(line);
          expect(endLine).toBeLessThanOrEqual(lineCount);
        }
      }),
      { numRuns: 1_000 },
    );
  }, 60_000);

  it("has the same content with other line ends", () => {
    fc.assert(
      fc.property(text, (parts) => {
        const note = parts.join("").replaceAll("\r", "");
        const [unix, windows] = [parseNote(note), parseNote(note.replaceAll("\n", "\r\n"))];
        expect(windows.links.map((link) => [briefLink(link).replaceAll("\r", ""), link.line])).toEqual(
          unix.links.map((link) => [briefLink(link), link.line]),
        );
        for (const part of ["tags", "headings", "blocks", "callouts", "fields", "frontMatterLines"] as const)
          expect(windows[part], part).toEqual(unix[part]);
      }),
      { numRuns: 500 },
    );
  });

  it.each(["[[", "%%", "`", "`` ` ", "$", "$a ", "[a]("])(
    "of 5 MB of %j is read in linear time",
    (mark) => {
      expectLinear(mark.repeat(Math.ceil(5_000_000 / mark.length)));
    },
    60_000,
  );

  it("of 10,000 nested callouts a line is read in linear time", () => {
    expectLinear(`${">".repeat(10_000)}[!note] a\n`.repeat(100));
    expectLinear(`${"> ".repeat(10_000)}[!note] a\n`.repeat(100));
    expectLinear(`${"- ".repeat(10_000)}a\n`.repeat(100));
  }, 60_000);

  const unclosed = [
    "]]",
    "[[a",
    "%%\n",
    "%%a\n",
    "$$",
    "$$\n",
    '[a](b "',
    "[a](<",
    "[a](%41",
    "![",
    "[",
    "]",
    "\\[",
    "<!--",
  ];
  const half = [
    "<a ",
    '<a b="',
    "<",
    "<a@",
    "[k:: ",
    "(k:: ",
    "```\n",
    "|",
    "_",
    "- ",
    " ^a",
    "*#",
    "#a",
    "%41",
    "\r",
    " ",
    "\t",
  ];
  const whole = [
    "[[a]]",
    "[a](b)",
    "#a ",
    "# a\n",
    "|a|\n|-|\n",
    "(k:: v) ",
    "a::b\n",
    "- a\n",
    "> a\n",
    "[^a]: ",
    "[a]: b\n",
  ];
  const ruled = ["\n", ">\n", "---\n", "===\n", "a\n", `${"_".repeat(250)}::b\n`];

  it.each([...unclosed, ...half, ...whole, ...ruled])(
    "of 1 MB of %j is read in linear time",
    (mark) => {
      expectLinear(mark.repeat(Math.ceil(1_000_000 / mark.length)));
    },
    60_000,
  );
});

/** Well below two seconds, or, on a slow machine, no more than a few times what half of it takes. */
function expectLinear(note: string): void {
  const whole = timed(() => parseNote(note));
  if (whole > 2_000) expect(whole).toBeLessThan(5 * timed(() => parseNote(note.slice(0, note.length / 2))));
}

/** In ms of CPU: a machine that stands still meanwhile takes none. */
function timed(act: () => unknown): number {
  const start = process.cpuUsage();
  act();
  return process.cpuUsage(start).user / 1_000;
}
