import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { appendToNote, patchNote } from "./edit-note.ts";
import type { NotePatch } from "./note-patch.ts";
import { parseNote } from "./parse-note.ts";
import { blockOf } from "./sections.ts";

type Operation = NotePatch["operation"];

function section(text: string, operation: Operation, path: string, content = ""): string {
  return patchNote(text, { target: { kind: "heading", path: path.split("/") }, operation, content });
}
function block(text: string, operation: Operation, id: string, content = ""): string {
  return patchNote(text, { target: { kind: "block", id }, operation, content });
}
function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

const note = `---
tags: [a]
---
intro

# One

first text

## Deep
deep text


# Two
two text

Under
=====
underlined text
`;

describe("appending to a note", () => {
  test.each([
    ["", "a", "a"],
    ["", "a\r\nb\n", "a\nb\n"],
    ["\u{feff}", "a\n", "\u{feff}a\n"],
    ["x", "a", "x\na"],
    ["x", "a\n", "x\na"],
    ["x\n", "a", "x\na\n"],
    ["x\n\n\n", "a", "x\n\n\na\n"],
    ["x\r\ny\r\n", "a\nb", "x\r\ny\r\na\r\nb\r\n"],
    ["x\r\ny", "a", "x\r\ny\r\na"],
    ["x\n", "\na\n", "x\n\na\n"],
    ["x\n", "", "x\n"],
    ["x\n", "\n", "x\n\n"],
  ])("%j and %j make %j", (text, addition, result) => {
    expect(appendToNote(text, addition)).toBe(result);
  });

  test("under a heading it stands at the end of the section, before the blank lines", () => {
    expect(appendToNote(note, "- new", ["Two"])).toBe(note.replace("two text\n", "two text\n- new\n"));
    expect(appendToNote(note, "- new", ["one"])).toBe(note.replace("deep text\n", "deep text\n- new\n"));
    expect(appendToNote(note, "- new", ["One", "Deep"])).toBe(
      note.replace("deep text\n", "deep text\n- new\n"),
    );
    expect(appendToNote(note, "- new", ["Under"])).toBe(`${note}- new\n`);
    expect(appendToNote("# A\n\n# B", "new", ["A"])).toBe("# A\nnew\n\n# B");
    expect(appendToNote("# A\n# B", "new", ["B"])).toBe("# A\n# B\nnew");
    expect(appendToNote("A\n===\n\n# B", "new", ["A"])).toBe("A\n===\nnew\n\n# B");
  });

  test("a block keeps its id", () => {
    expect(appendToNote("text ^a\n", "more")).toBe("text ^a\n\nmore\n");
    expect(appendToNote("- text ^a\n", "- more")).toBe("- text ^a\n- more\n");
    expect(appendToNote("text ^a\n", "# more")).toBe("text ^a\n# more\n");
    expect(appendToNote("| a |\n|---|\n\n^a", "more")).toBe("| a |\n|---|\n\n^a\n\nmore");
    expect(appendToNote("# H\ntext ^a\n\n# I\n", "more", ["H"])).toBe("# H\ntext ^a\n\nmore\n\n# I\n");
  });

  test("a heading that is not there is named, with some that are", () => {
    const { code, message } = refusal(() => appendToNote(note, "x", ["Two", "Deep"]));
    expect(code).toBe("not_found");
    expect(message).toBe('the note has no heading "Two > Deep"; it has # One · ## Deep · # Two · # Under');
    expect(refusal(() => appendToNote("x", "x", ["Two"])).message).toContain("it has none");
    const many = Array.from({ length: 50 }, (_, i) => `# H${i}\n`).join("");
    expect(refusal(() => appendToNote(many, "x", ["No"])).message).toMatch(/# H7 · …$/u);
  });
});

describe("a heading's section", () => {
  test("is prepended to, right below the heading", () => {
    expect(section(note, "prepend", "One", "new")).toBe(note.replace("# One\n", "# One\nnew\n"));
    expect(section(note, "prepend", "Under", "new")).toBe(note.replace("=====\n", "=====\nnew\n"));
    expect(section("Two\nlines\n===\ntext", "prepend", "Two lines", "new")).toBe(
      "Two\nlines\n===\nnew\ntext",
    );
    expect(section("# A", "prepend", "A", "new")).toBe("# A\nnew");
  });

  test("is replaced with all that is nested in it; the heading and the blank lines around the text stay", () => {
    expect(section(note, "replace", "One", "new\n")).toBe(
      note.replace("first text\n\n## Deep\ndeep text", "new"),
    );
    expect(section(note, "replace", "Under", "a\nb")).toBe(note.replace("underlined text", "a\nb"));
    expect(section("# A\n\n\n# B", "replace", "A", "new")).toBe("# A\nnew\n\n\n# B");
    expect(section("# A\n\ntext\n\n# B", "replace", "A", "")).toBe("# A\n\n# B");
    expect(section("# A\ntext", "replace", "A", "")).toBe("# A");
  });

  test("is removed with its heading", () => {
    expect(section(note, "remove", "One")).toBe(
      note.replace("# One\n\nfirst text\n\n## Deep\ndeep text\n\n\n", ""),
    );
    expect(section(note, "remove", "Under")).toBe(note.replace("Under\n=====\nunderlined text\n", ""));
    expect(section("x\n# A\ntext", "remove", "A")).toBe("x");
  });
});

describe("a block", () => {
  const list = "- one\n- two ^b\n  - nested\n- three\n";
  const table = "text\n\n| a |\n|---|\n| 1 |\n\n^t\n\nend";

  test.each<[Operation, string, string, string, string]>([
    ["append", "p ^a\n\nend", "a", "more", "p\nmore ^a\n\nend"],
    ["append", "p\n^a\n\nend", "a", "more", "p\nmore ^a\n\nend"],
    ["append", "p ^a\n\nend", "a", "- item", "p ^a\n- item\n\nend"],
    ["append", "- p ^a\n", "a", "- q", "- p ^a\n- q\n"],
    ["append", "- p ^a\n", "a", "  more", "- p\n  more ^a\n"],
    ["append", list, "b", "  - last", "- one\n- two ^b\n  - nested\n  - last\n- three\n"],
    ["append", table, "t", "| 2 |", table.replace("| 1 |", "| 1 |\n| 2 |")],
    ["append", "> q ^a\n", "a", "> r", "> q\n> r ^a\n"],
    ["prepend", "p ^a", "a", "new", "new\np ^a"],
    ["prepend", list, "b", "- new", "- one\n- new\n- two ^b\n  - nested\n- three\n"],
    ["prepend", "text\n\n2. two ^a\n", "a", "new", "text\n\nnew\n\n2. two ^a\n"],
    ["prepend", "```\nx\n```\n\n^a", "a", "new", "new\n```\nx\n```\n\n^a"],
    ["replace", "p ^a\n\nend", "a", "new", "new ^a\n\nend"],
    ["replace", "p ^A\n", "a", "one\ntwo", "one\ntwo ^A\n"],
    ["replace", "p ^a\n", "a", "new ^a", "new ^a\n"],
    ["replace", list, "b", "- [x] done", "- one\n- [x] done ^b\n  - nested\n- three\n"],
    ["replace", table, "t", "```\nx\n```", "text\n\n```\nx\n```\n\n^t\n\nend"],
    ["replace", "p ^a\n", "a", "```\nx\n```", "```\nx\n```\n\n^a\n"],
    ["replace", "p ^a\n# H", "a", "| a |\n|---|", "| a |\n|---|\n\n^a\n\n# H"],
    ["replace", "> [!note] T\n> body ^a", "a", "> [!tip] U", "> [!tip] U ^a"],
    ["remove", "a\n\np ^a\n\nend", "a", "", "a\n\nend"],
    ["remove", "p ^a\n\nend", "a", "", "end"],
    ["remove", "# H\np ^a\n\nend", "a", "", "# H\n\nend"],
    ["remove", list, "b", "", "- one\n- three\n"],
    ["remove", table, "t", "", "text\n\nend"],
    ["remove", "a\np ^a", "a", "", ""],
  ])("%s: %j", (operation, text, id, content, result) => {
    expect(block(text, operation, id, content)).toBe(result);
  });

  test("never loses its id to what is added: then the change is refused", () => {
    const fence = "```\nx\n```\n\n^a\n";
    const { code, message } = refusal(() => block(fence, "append", "a", "text"));
    expect(code).toBe("invalid_request");
    expect(message).toMatch(/would lose \^a/u);
    expect(refusal(() => block("p ^a", "replace", "a", "")).message).toMatch(/use `remove`/u);
  });

  test("that is not there is named, with some that are", () => {
    const { code, message } = refusal(() => block("p ^a\n\nq ^b\n", "remove", "c"));
    expect(code).toBe("not_found");
    expect(message).toBe("the note has no block ^c; it has ^a, ^b");
  });
});

test("a property is patched in a note with Windows' line ends and a byte order mark", () => {
  const text = "\u{feff}---\r\ntags:\r\n  - a # c\r\nn: 1\r\n---\r\nbody\r\n";
  const patch: NotePatch = { target: { kind: "property", key: "tags" }, operation: "append", content: "b" };
  expect(patchNote(text, patch)).toBe(text.replace("# c\r\n", "# c\r\n  - b\r\n"));
  expect(patchNote("body\r\n", patch)).toBe("---\r\ntags:\r\n  - b\r\n---\r\nbody\r\n");
});

const word = fc.stringMatching(/^[a-z]{1,4}$/u);
const paragraph = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(" "));
const piece = fc.oneof(
  paragraph,
  paragraph.map((p) => `- ${p}\n  - nested\n- next`),
  paragraph.map((p) => `> [!note] ${p}\n> body`),
  paragraph.map((p) => `\`\`\`\n# ${p}\n\`\`\``),
  paragraph.map((p) => `| ${p} |\n|---|\n| 1 |`),
  fc.constant(""),
);
const sections = fc.array(
  fc.record({
    level: fc.integer({ min: 1, max: 3 }),
    pieces: fc.array(piece, { maxLength: 3 }),
    gap: fc.nat(2),
  }),
  { minLength: 1, maxLength: 5 },
);

test("property: a patched section changes nothing above it, nothing below it, and no other heading", () => {
  fc.assert(
    fc.property(
      sections,
      fc.nat(4),
      fc.constantFrom<Operation>("append", "prepend", "replace", "remove"),
      paragraph,
      fc.record({ lineEnd: fc.constantFrom("\n", "\r\n"), hasFinalEnd: fc.boolean() }),
      (all, at, operation, content, { lineEnd, hasFinalEnd }) => {
        const texts = all.map(
          ({ level, pieces, gap }, i) =>
            `${"#".repeat(level)} H${i}\n${"\n".repeat(gap)}${pieces.join("\n\n")}\n\n`,
        );
        const whole = (hasFinalEnd ? texts.join("") : texts.join("").trimEnd()).replaceAll("\n", lineEnd);
        const index = at % all.length;
        const level = all[index]?.level ?? 1;
        const next = all.findIndex((s, i) => i > index && s.level <= level);
        const before = texts.slice(0, index).join("").replaceAll("\n", lineEnd);
        const result = section(whole, operation, `H${index}`, content);
        expect(
          result.startsWith(
            operation === "remove" ? before.trimEnd() : `${before}${"#".repeat(level)} H${index}`,
          ),
        ).toBe(true);
        if (next !== -1)
          expect(
            result.endsWith(whole.slice(whole.indexOf(`${"#".repeat(all[next]?.level ?? 1)} H${next}`))),
          ).toBe(true);
        if (operation !== "remove") {
          expect(result).toContain(content);
          expect(result.endsWith("\n")).toBe(whole.endsWith("\n"));
        }
        if (whole.includes("\n"))
          expect(lineEnd === "\n" ? result.includes("\r") : /[^\r]\n/u.test(result)).toBe(false);
        const headings = (text: string) => parseNote(text).headings.map((h) => h.text);
        const gone = new Set(operation === "remove" ? [`H${index}`] : []);
        if (operation === "remove" || operation === "replace")
          for (let i = index + 1; i < (next === -1 ? all.length : next); i += 1) gone.add(`H${i}`);
        expect(headings(result)).toEqual(headings(whole).filter((h) => !gone.has(h)));
      },
    ),
    { numRuns: 1_000 },
  );
});

test("property: a patched block keeps its id and its neighbours theirs", () => {
  const owned = piece
    .filter((p) => p !== "")
    .map((p) => (id: string) => (/^[a-z ]+$/u.test(p) ? `${p} ^${id}` : `${p}\n\n^${id}`));
  fc.assert(
    fc.property(
      fc.array(owned, { minLength: 1, maxLength: 4 }),
      fc.nat(3),
      fc.constantFrom<Operation>("append", "prepend", "replace", "remove"),
      piece.filter((p) => p !== ""),
      (blocks, at, operation, content) => {
        const text = blocks.map((make, i) => make(`id${i}`)).join("\n\n");
        const id = `id${at % blocks.length}`;
        let result: string;
        try {
          result = block(text, operation, id, content);
        } catch (error) {
          expect((error as AppError).message).toMatch(/would lose/u);
          expect(operation).not.toBe("replace");
          return;
        }
        const ids = parseNote(result).blocks.map((b) => b.id);
        expect(ids).toEqual(blocks.map((_, i) => `id${i}`).filter((i) => operation !== "remove" || i !== id));
        const before = text.slice(0, text.indexOf(blocks[at % blocks.length]?.(id) ?? ""));
        const after = text.slice(text.indexOf(`^${id}`) + id.length + 1);
        expect(result.startsWith(before.trimEnd())).toBe(true);
        expect(result.endsWith(after.trimStart())).toBe(true);
        if (operation !== "remove") expect(blockOf(parseNote(result), id)).toBeDefined();
      },
    ),
    { numRuns: 1_000 },
  );
});

test("notes of 5 MB and hostile ones are edited in bounded time", { tags: "clock" }, () => {
  const big = `# A\n\n${"some words of a long note\n".repeat(200_000)}\n# B\nlast ^b\n`;
  const hostile = [
    big,
    `# A\n${"[".repeat(100_000)}\n# B\nx ^b`,
    `# A\n# B\n${"^b ".repeat(30_000)}^b`,
    `# A\n# B\nx ^b${"\n".repeat(100_000)}`,
  ];
  for (const text of hostile) {
    const started = performance.now();
    expect(appendToNote(text, "end", ["B"]).length).toBeGreaterThan(text.length);
    expect(section(text, "replace", "A", "new")).toContain("# A");
    expect(block(text, "replace", "b", "new")).toContain("^b");
    expect(performance.now() - started).toBeLessThan(8_000);
  }
});
