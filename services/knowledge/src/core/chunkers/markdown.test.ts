import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { markdownParts } from "../../../test/support/arbitrary-markdown.ts";
import { expectSoundChunks, expectWholeText } from "../../../test/support/sound-chunks.ts";
import { findLines } from "../lines.ts";
import { chunkMarkdown } from "./markdown.ts";
import { hardMaxChars, maxChars } from "./sizes.ts";

const chunksOf = (text: string) => chunkMarkdown(findLines(text)).chunks;
const long = (text: string) => `${text} `.repeat(Math.ceil(700 / text.length)).trim();

describe("chunks of Markdown", () => {
  it("are sound and hold the whole text, whatever the document", () => {
    fc.assert(
      fc.property(markdownParts, (parts) => {
        const text = parts.map((part) => part.text).join("\n\n");
        const document = { text, chunks: chunksOf(text) };
        expectSoundChunks(document);
        expectWholeText(document);
      }),
      { numRuns: 300 },
    );
  });

  it("are sound for text of any characters", () => {
    const lines = fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 40 });
    fc.assert(
      fc.property(lines, fc.constantFrom("\n", "\n\n", "\n> ", "\n- ", "\n    "), (parts, join) => {
        const text = parts.join(join).toWellFormed();
        const document = { text, chunks: chunksOf(text) };
        expectSoundChunks(document);
        expectWholeText(document);
      }),
      { numRuns: 300 },
    );
  });

  it("never cut a fence or a table below the hard limit", () => {
    fc.assert(
      fc.property(markdownParts, (parts) => {
        const chunks = chunksOf(parts.map((part) => part.text).join("\n\n"));
        let first = 1;
        for (const { text, isSolid } of parts) {
          const last = first + text.split("\n").length - 1;
          const holder = chunks.find(({ startLine, endLine }) => startLine <= first && last <= endLine);
          if (isSolid && text.length <= hardMaxChars) expect(holder?.text).toContain(text.trim());
          first = last + 2;
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are no longer than the usual limit where nothing is solid", () => {
    fc.assert(
      fc.property(markdownParts, (parts) => {
        const text = parts.map((part) => part.text.replaceAll(/[`~|]/gu, "/")).join("\n\n");
        for (const chunk of chunksOf(text)) expect(chunk.text.length).toBeLessThanOrEqual(maxChars);
      }),
    );
  });

  it("stand below the headings around them, ATX and setext", () => {
    const text = [
      `# Tea`,
      long("intro"),
      `Green\n---`,
      long("sencha"),
      `### Cold ##`,
      long("brew"),
      `# End`,
      long("z"),
    ];
    expect(chunksOf(text.join("\n\n")).map(({ headingPath }) => headingPath)).toEqual([
      ["Tea"],
      ["Tea", "Green"],
      ["Tea", "Green", "Cold"],
      ["End"],
    ]);
  });

  it("take what looks like a heading in a fence, in indented code or in a comment for text", () => {
    const text =
      "# One\n\n```sh\n# no\n```\n\n~~~~\n~~~\n# no\n~~~~\n\n    # no\n\n<!--\n\n# no\n-->\n\n#tag\n";
    expect(chunksOf(text).map(({ headingPath }) => headingPath)).toEqual([["One"]]);
  });

  it("merge tiny sections, and leave others alone", () => {
    expect(chunksOf("## A\n\na\n\n## B\n\nb")).toMatchObject([{ startLine: 1, endLine: 7, headingPath: [] }]);
    expect(chunksOf(`## A\n\n${long("a")}\n\n## B\n\nb`)).toMatchObject([
      { headingPath: ["A"], endLine: 3 },
      { headingPath: ["B"], startLine: 5 },
    ]);
  });

  it("never leave a heading behind, even before a long fence", () => {
    const fence = `\`\`\`\n${"code\n".repeat(600)}\`\`\``;
    expect(chunksOf(`# A\n\n## B\n\n${fence}`)).toMatchObject([{ startLine: 1, headingPath: ["A", "B"] }]);
  });

  it("keep a list's item with what is nested in it, and a fence in an item whole", () => {
    const item = `- ${long("item")}\n\n  \`\`\`js\n  code();\n\n  more();\n  \`\`\`\n\n  after`;
    const chunks = chunksOf([item, item, item].join("\n"));
    expect(chunks.map(({ text }) => text)).toEqual([item, item, item]);
  });

  it("end a fence that is never closed with the list's item it stands in", () => {
    expect(chunksOf(`- a\n\n  \`\`\`\n  code\n\n# Next\n\n${long("x")}`).at(-1)?.headingPath).toEqual([
      "Next",
    ]);
  });

  it("split a fence beyond the hard limit at line ends", () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i}`);
    const chunks = chunksOf(`\`\`\`\n${lines.join("\n")}\n\`\`\``);
    expect(chunks.length).toBeGreaterThan(3);
    for (const { startColumn, text } of chunks) {
      expect(startColumn).toBeUndefined();
      expect(text.length).toBeLessThanOrEqual(maxChars);
    }
  });

  it("split a paragraph of one line at the ends of sentences, with columns", () => {
    const sentence = "The kettle boils, and then the tea is made. ";
    const [, second, ...rest] = chunksOf(`# Tea\n\n${sentence.repeat(80)}`);
    expect(second).toMatchObject({ startLine: 3, endLine: 3, startColumn: 1, headingPath: ["Tea"] });
    for (const piece of [second, ...rest]) expect(piece?.text).toMatch(/^The .*made\.$/u);
  });
});
