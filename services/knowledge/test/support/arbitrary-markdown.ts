import fc from "fast-check";

/** A piece of Markdown; `isSolid`: a fence or a table, which a chunk may not cut. */
export type MarkdownPart = { readonly text: string; readonly isSolid: boolean };

const words = fc
  .array(
    fc.constantFrom("tea", "größer", "日本語", "😀👩‍👩‍👧", "#no", "a|b", "**x**", "`y`", "end.", "- z", "1. q"),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((list) => `w ${list.join(" ")}`);
const paragraph = fc.array(words, { minLength: 1, maxLength: 8 }).map((lines) => lines.join("\n"));
const longLine = fc
  .tuple(words, fc.integer({ min: 20, max: 120 }))
  .map(([line, times]) => line.repeat(times));
const list = fc
  .array(words, { minLength: 1, maxLength: 12 })
  .map((items) => items.map((item) => `- ${item}\n\n  more`).join("\n"));
const heading = fc
  .tuple(fc.integer({ min: 1, max: 6 }), words)
  .map(([level, text]) => `${"#".repeat(level)} ${text}`);
const setext = fc.constantFrom("Title\n=====", "Part\n---");
const quote = words.map((line) => `> ${line}\n> again`);

const codeLine = fc.constantFrom("# no heading", "", "code();", "``", "| a | b |", "---", "  indented", "~~");
const fence = fc
  .record({
    mark: fc.constantFrom("```", "~~~", "`````", "~~~~"),
    indent: fc.constantFrom("", " ", "   "),
    lines: fc.array(codeLine, { minLength: 1, maxLength: 40 }),
    times: fc.constantFrom(1, 1, 5, 15),
  })
  .map(({ mark, indent, lines, times }) => {
    const content = Array.from({ length: times }, () => lines.map((line) => indent + line).join("\n"));
    return `${indent}${mark}ts\n${content.join("\n")}\n${indent}${mark}`;
  });
const table = fc
  .array(words, { minLength: 1, maxLength: 60 })
  .map(
    (rows) => `| a | b |\n|---|:-:|\n${rows.map((row) => `| ${row.replaceAll("|", "/")} | 1 |`).join("\n")}`,
  );
const fenceInItem = fence.map((text) => `- item\n\n${text.replaceAll(/^/gmu, "  ")}`);

const loose = fc.oneof(
  paragraph,
  longLine,
  list,
  heading,
  setext,
  quote,
  fc.constant("***"),
  fc.constant("\n\n"),
);
const part: fc.Arbitrary<MarkdownPart> = fc.oneof(
  { weight: 3, arbitrary: loose.map((text) => ({ text, isSolid: false })) },
  { weight: 2, arbitrary: fc.oneof(fence, table).map((text) => ({ text, isSolid: true })) },
  { weight: 1, arbitrary: fenceInItem.map((text) => ({ text, isSolid: false })) },
);

/** Documents of headings, prose in several scripts, lists, quotes, tables and fences of all kinds and sizes. */
export const markdownParts = fc.array(part, { maxLength: 14 });
