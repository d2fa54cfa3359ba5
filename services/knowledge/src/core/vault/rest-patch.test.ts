import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { patchByHeading, patchByTarget } from "../../../test/rest-vault-stub-patch.ts";
import { appendToNote, patchNote } from "./edit-note.ts";
import { parseNote } from "./parse-note.ts";
import { headingPatch, postBody } from "./rest-patch.ts";

const styles = ["heading", "target"] as const;

/** What the plugin makes of a note; undefined when there is no PATCH for the change. */
function patched(
  style: (typeof styles)[number],
  before: string,
  after: string,
  path: readonly string[],
): string | undefined {
  const patch = headingPatch(style, before, after, path);
  if (!patch) return undefined;
  const result = (style === "heading" ? patchByHeading : patchByTarget)(before, patch);
  return "text" in result ? result.text : `refused: ${result.message}`;
}

const note = "---\na: 1\n---\n# A\n\ntext\n\n## B\nmore\n\n# C\n";

describe("a PATCH of lines below a heading", () => {
  it.each(styles)("in the style of %s headers makes exactly the wanted note", (style) => {
    for (const path of [["A"], ["A", "B"], ["B"], ["C"]]) {
      const after = appendToNote(note, "x\ny", path);
      expect(patched(style, note, after, path), path.join("/")).toBe(after);
    }
  });

  it.each(styles)("in the style of %s headers goes to the top of a section as well", (style) => {
    const patch = { target: { kind: "heading", path: ["B"] }, operation: "prepend", content: "x" } as const;
    const after = patchNote(note, patch);
    expect(patched(style, note, after, ["B"])).toBe(after);
  });

  it("encodes names where the plugin decodes them, and parts them by what no name has", () => {
    const text = "# Über: 100 %\n\n## a::b\n";
    const path = ["Über: 100 %", "a::b"];
    const after = appendToNote(text, "x", path);
    const patch = headingPatch("target", text, after, path);
    expect(patch?.headers).toMatchObject({
      target: "%C3%9Cber%3A%20100%20%25%2F%2Fa%3A%3Ab",
      "target-delimiter": "//",
      "target-type": "heading",
      operation: "append",
    });
    expect(patched("target", text, after, path)).toBe(after);
    // The older style sends names as they are, which a header cannot do with these.
    expect(headingPatch("heading", text, after, path)).toBeUndefined();
  });

  it.each([
    ["line ends of Windows", "# A\r\ntext\r\n", ["A"]],
    ["a byte order mark", "\u{feff}# A\n", ["A"]],
    ["two headings of one name", "# A\n\n# A\n", ["A"]],
    ["a heading whose names another one's end with", "# X\n## A\n# A\n", ["A"]],
    ["names with every delimiter", "# a::b//c@@d%%e\n", ["a::b//c@@d%%e"]],
  ])("is not tried with %s", (_, before, path) => {
    const after = before.replace(/$/u, "x\n");
    for (const style of styles) expect(headingPatch(style, before, after, path)).toBeUndefined();
  });

  it("is not tried for a change that is no insertion there", () => {
    for (const style of styles) {
      expect(headingPatch(style, note, note.replace("more", "less"), ["B"])).toBeUndefined();
      expect(headingPatch(style, note, `x\n${note}`, ["B"])).toBeUndefined();
      expect(headingPatch(style, note, note, ["B"])).toBeUndefined();
      expect(headingPatch(style, note, `${note}x`, ["Missing"])).toBeUndefined();
    }
  });

  const line = fc.constantFrom(
    "# A",
    "## B",
    "### C",
    "#### B",
    "text",
    "- item",
    "",
    "```",
    "a ^id",
    "   ",
    "# Ü",
  );
  const text = fc
    .tuple(fc.array(line, { maxLength: 14 }), fc.constantFrom("", "\n", "\n\n"))
    .map(([lines, end]) => lines.join("\n") + end);

  it("is never one that makes another note of it", () => {
    let made = 0;
    fc.assert(
      fc.property(text, fc.constantFrom("x", "x\ny", "", "- z\n"), fc.nat(), (before, addition, pick) => {
        const { headings } = parseNote(before);
        const heading = headings[pick % Math.max(1, headings.length)];
        if (!heading) return;
        const path = [heading.text];
        for (const operation of ["append", "prepend"] as const) {
          const patch = { target: { kind: "heading", path }, operation, content: addition } as const;
          const after = patchNote(before, patch);
          for (const style of styles) {
            const result = patched(style, before, after, path);
            if (result === undefined || result.startsWith("refused")) continue;
            made += 1;
            expect(result).toBe(after);
          }
        }
      }),
      { numRuns: 2_000 },
    );
    expect(made).toBeGreaterThan(1_000);
  });

  it("of a note with 100,000 headings or paragraphs is made in no time", { tags: "clock" }, () => {
    for (const before of ["# A\n\n## B\n".repeat(50_000), `# A\n${"text\n\n".repeat(100_000)}# B\n`]) {
      const begun = performance.now();
      for (const style of styles) headingPatch(style, before, `${before}x\n`, ["B"]);
      expect(performance.now() - begun).toBeLessThan(8_000);
    }
  });
});

describe("a POST of lines at the end", () => {
  it.each([
    ["text\n", "text\nx\n", "x\n"],
    ["text", "text\nx", "x"],
    ["text\r\n", "text\r\nx\r\n", "x\r\n"],
  ])("makes of %j exactly %j", (before, after, body) => {
    expect(postBody(before, after)).toBe(body);
  });

  it.each([
    ["", "x"],
    ["text\n\n", "text\nx\n\n"],
    ["text\n", "text\n"],
    ["\u{feff}text\n", "\u{feff}text\nx\n"],
  ])("is not tried to make of %j %j", (before, after) => {
    expect(postBody(before, after)).toBeUndefined();
  });
});
