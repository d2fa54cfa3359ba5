import fc from "fast-check";
import { parse } from "yaml";
import { describe, expect, test } from "vitest";

import { AppError } from "@benchai/contract/errors";

import { readFrontMatter } from "../front-matter.ts";
import { findLines } from "../lines.ts";
import { propertyEdit } from "./edit-property.ts";
import type { NotePatch } from "./note-patch.ts";

type Operation = NotePatch["operation"];

function patched(text: string, operation: Operation, key: string, content = ""): string {
  const lines = findLines(text);
  const { lineCount, properties } = readFrontMatter(lines);
  const problem = properties["front_matter_problem"];
  const note = {
    frontMatterLines: lineCount,
    propertiesProblem: problem === undefined ? undefined : JSON.stringify(problem),
  };
  const { start, end, text: inserted } = propertyEdit(lines, note, { key, operation, content });
  return text.slice(0, start) + inserted + text.slice(end);
}

function within(yaml: string, operation: Operation, key: string, content = ""): string {
  const text = patched(`---\n${yaml}---\nbody\n`, operation, key, content);
  expect(text.startsWith("---\n") && text.endsWith("---\nbody\n"), text).toBe(true);
  return text.slice(4, -9);
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

const full = `# top
title: Old # why
tags: # of the note
  - a # first
  - "b"
  # after b

# before kind
kind: 'quoted'
aliases: [One,  "Two"] # flow
n: 1.50
empty:
long: >-
  folded
  text
last: 2024-01-01
# end
`;

describe("replacing", () => {
  test.each([
    ["title", '"New"', "title: Old # why", "title: New # why"],
    ["title", '"yes: no"', "title: Old", 'title: "yes: no"'],
    ["title", '["x","y"]', "title: Old # why", "title: # why\n  - x\n  - y"],
    ["title", '"one\\ntwo"', "title: Old # why", "title: |- # why\n  one\n  two"],
    ["title", '"12"', "title: Old", 'title: "12"'],
    ["title", "null", "title: Old # why", "title: # why"],
    ["tags", '["z"]', 'tags: # of the note\n  - a # first\n  - "b"', "tags: # of the note\n  - z"],
    ["tags", "[]", 'tags: # of the note\n  - a # first\n  - "b"', "tags: [] # of the note"],
    ["kind", '"other"', "kind: 'quoted'", "kind: 'other'"],
    ["kind", "true", "kind: 'quoted'", "kind: true"],
    ["empty", "3", "empty:", "empty: 3"],
    ["long", '"short"', "long: >-\n  folded\n  text", "long: short"],
    ["last", '{"a":1}', "last: 2024-01-01", "last:\n  a: 1"],
    ["Title", '"New"', "title: Old", "title: New"],
  ])("%s by %s changes its own lines and no others", (key, content, before, after) => {
    expect(full).toContain(before);
    expect(within(full, "replace", key, content)).toBe(full.replace(before, after));
  });

  test("a property that is not there is added at the end", () => {
    expect(within(full, "replace", "new key: odd", '["a, b"]')).toBe(`${full}"new key: odd":\n  - a, b\n`);
    expect(within("  a: 1\n  b: 2\n", "replace", "c", '["x"]')).toBe("  a: 1\n  b: 2\n  c:\n    - x\n");
  });

  test("what is no JSON is refused, with the reason", () => {
    const { code, message } = refusal(() => within(full, "replace", "title", "New"));
    expect(code).toBe("invalid_request");
    expect(message).toMatch(/"title" must be JSON/u);
  });
});

describe("adding to a list", () => {
  test.each<[Operation, string, string, string, string]>([
    ["append", "tags", "c", '  - "b"\n', '  - "b"\n  - c\n'],
    ["prepend", "tags", "c", "  - a", "  - c\n  - a"],
    ["append", "tags", '["c","d"]', '  - "b"\n', '  - "b"\n  - c\n  - d\n'],
    ["append", "tags", '{"k":"v","w":"x"}', '  - "b"\n', '  - "b"\n  - k: v\n    w: x\n'],
    ["append", "aliases", "Three", '"Two"]', '"Two", Three]'],
    ["prepend", "aliases", '["a, b"]', "[One", '["a, b", One'],
    ["append", "kind", "x", "kind: 'quoted'", "kind:\n  - quoted\n  - x"],
    ["prepend", "n", "x", "n: 1.50", "n:\n  - x\n  - 1.5"],
    ["append", "empty", "x", "empty:", "empty:\n  - x"],
    ["append", "empty", "[]", "empty:", "empty: []"],
    ["append", "tags", "[]", "tags:", "tags:"],
  ])("%s to %s: %s", (operation, key, content, before, after) => {
    expect(full).toContain(before);
    expect(within(full, operation, key, content)).toBe(full.replace(before, after));
  });

  test("makes a list of nothing, and of the texts that older notes have", () => {
    expect(within("", "append", "tags", "x")).toBe("tags:\n  - x\n");
    expect(within("tags: a, b\n", "append", "tags", "x")).toBe("tags:\n  - a\n  - b\n  - x\n");
    expect(within("tags: a b\n", "append", "tags", "x")).toBe("tags:\n  - a\n  - b\n  - x\n");
    expect(within("aliases: A one, B\n", "prepend", "aliases", "x")).toBe("aliases:\n  - x\n  - A one, B\n");
    expect(within("tags: []\n", "append", "tags", "x")).toBe("tags: [x]\n");
    expect(within("tags:\n- a\n", "append", "tags", "x")).toBe("tags:\n- a\n- x\n");
    expect(within("tags: [\n  a, # one\n  b, # two\n]\n", "append", "tags", "x")).toBe(
      "tags: [\n  a, # one\n  b, x, # two\n]\n",
    );
  });

  test("is refused for what has parts with names", () => {
    expect(refusal(() => within("m:\n  x: 1\n", "append", "m", "a")).message).toMatch(/"m" is no list/u);
  });
});

describe("removing", () => {
  test("takes the property's lines and its comments, and leaves comments that stand on their own", () => {
    expect(within(full, "remove", "tags")).toBe(
      full.replace('tags: # of the note\n  - a # first\n  - "b"\n  # after b\n', ""),
    );
    expect(within(full, "remove", "long")).toBe(full.replace("long: >-\n  folded\n  text\n", ""));
    expect(within("a: 1\n", "remove", "A")).toBe("");
  });

  test("of what is not there is not_found, and says what is there", () => {
    const { code, message } = refusal(() => within(full, "remove", "none"));
    expect(code).toBe("not_found");
    expect(message).toContain('"title", "tags", "kind"');
    expect(refusal(() => patched("body", "remove", "x")).message).toContain("it has none");
  });
});

describe("front matter", () => {
  test("is made when there is none, and filled when it is empty", () => {
    expect(patched("body\n", "replace", "a", "1")).toBe("---\na: 1\n---\nbody\n");
    expect(patched("", "append", "tags", "x")).toBe("---\ntags:\n  - x\n---\n");
    expect(patched("---\n---\nbody", "replace", "a", "1")).toBe("---\na: 1\n---\nbody");
    expect(patched("---\n# only this\n---\nbody", "replace", "a", "1")).toBe(
      "---\n# only this\na: 1\n---\nbody",
    );
  });

  test.each([
    ["a: [1\n", "not closed"],
    ["a: 1\na: 2\n", "twice"],
    ["- a\n- b\n", "a list"],
    ["{a: 1}\n", "a flow mapping"],
    ["just text\n", "text"],
    ["a: *none\n", "an alias to nothing"],
    ["? [a]\n: 1\n? a\n: 2\n", "explicit keys"],
    ["a: &x 1\nb: *x\n", "an anchor that another uses"],
  ])("that cannot be edited is refused and left alone: %j", (yaml) => {
    expect(refusal(() => within(yaml, "replace", "a", "5")).code).toBe("invalid_request");
  });

  test.each(["", " ", "a\nb", "a\0"])("no property is named %j", (key) => {
    expect(refusal(() => within("a: 1\n", "replace", key, "5")).code).toBe("invalid_request");
  });

  test("odd names and values stay what they are", () => {
    const odd = ["__proto__", "constructor", "- x", "#", "a: b", "true", "12", "😀", "~"];
    for (const key of odd) {
      const yaml = within("first: 1\n", "replace", key, JSON.stringify(odd));
      expect(new Map(Object.entries(parse(yaml) as object)).get(key)).toEqual(odd);
      expect(within(yaml, "remove", key)).toBe("first: 1\n");
    }
  });

  test("hostile YAML is refused in bounded time", { tags: "clock" }, () => {
    const bomb = `a: &a [x]\n${Array.from({ length: 40 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`}, *${i === 0 ? "a" : `b${i - 1}`}]\n`).join("")}`;
    for (const yaml of [bomb, `a: ${"[".repeat(50_000)}\n`, `a: |${" ".repeat(60_000)}\n  x\n`]) {
      const started = performance.now();
      try {
        within(yaml, "replace", "a", "5");
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
      // What is not bounded takes hours; two busy cores take seconds.
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });
});

const words = fc.stringMatching(/^[a-z][a-z ]{0,6}[a-z]$/u);
const scalarLine = fc.oneof(
  words,
  words.map((w) => `"${w}"`),
  words.map((w) => `'${w}'`),
  fc.constantFrom("1", "1.50", "true", "null", "~", "2024-01-01", "[a, b]", "[]", "[ a,b ]", "{x: 1}", ""),
);
const comment = fc.constantFrom("", " # c", "  #  odd  comment ");
const pairLines = fc.oneof(
  fc.tuple(scalarLine, comment).map(([v, c]) => `${v === "" ? "" : ` ${v}`}${c}`),
  fc
    .tuple(
      comment,
      fc.array(fc.tuple(words, comment), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", "  "),
    )
    .map(([c, items, indent]) => [c, ...items.map(([w, ic]) => `${indent}- ${w}${ic}`)].join("\n")),
  fc
    .tuple(fc.constantFrom("|", ">", "|-", ">-"), comment, words)
    .map(([m, c, w]) => ` ${m}${c}\n  ${w}\n  # text\n`),
  words.map((w) => `\n  x: ${w}\n  # inside`),
);
const between = fc.constantFrom("", "\n", "# alone\n", "\n# two\n# lines\n\n");
const frontMatter = fc.array(fc.tuple(pairLines, between), { minLength: 1, maxLength: 5 });
const json = fc.oneof(
  words,
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(words),
  fc.dictionary(words, words),
);

test("property: a change of one property leaves every other line and value as it was", () => {
  fc.assert(
    fc.property(
      frontMatter,
      fc.nat(5),
      fc.constantFrom<Operation>("append", "prepend", "replace", "remove"),
      json,
      (pairs, at, operation, value) => {
        const blocks = pairs.map(([lines, after], i) => [`k${i}:${lines}\n`, after] as const);
        const yaml = blocks.map(([block, after]) => block + after).join("");
        const key = `k${at}`;
        let result: string;
        try {
          result = within(yaml, operation, key, JSON.stringify(value));
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          // A text of several lines is not put before a comment that it would take in.
          const isBlockBeforeComment = JSON.stringify(value).includes("\\n");
          expect((error as AppError).message).toMatch(
            isBlockBeforeComment ? /no list|has no property|on its own/u : /no list|has no property/u,
          );
          return;
        }
        const before = blocks
          .slice(0, at)
          .map(([block, after]) => block + after)
          .join("");
        const rest = blocks
          .slice(at + 1)
          .map(([block, after]) => block + after)
          .join("");
        expect(result.startsWith(before)).toBe(true);
        expect(result.endsWith((blocks[at]?.[1] ?? "") + rest) || at >= blocks.length).toBe(true);
        const was = parse(yaml) as Record<string, unknown>;
        const is = (parse(result) ?? {}) as Record<string, unknown>;
        for (const name of Object.keys(was)) if (name !== key) expect(is[name]).toEqual(was[name]);
        if (operation === "replace") expect(JSON.stringify(is[key])).toBe(JSON.stringify(value));
        if (operation === "remove") expect(is).not.toHaveProperty(key);
        if (operation === "append")
          expect((is[key] as unknown[]).slice(-1)).toEqual(
            [value].flat().slice(-1).length ? [value].flat().slice(-1) : (is[key] as unknown[]).slice(-1),
          );
      },
    ),
    { numRuns: 2_000 },
  );
});
