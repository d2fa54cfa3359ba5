import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseCanvas } from "./canvas.ts";
import { decodeJson, jsonOffsets, jsonStrings } from "./json-strings.ts";

describe("a canvas", () => {
  it("has cards with their links and files with their places", () => {
    const odd = [null, "x", []];
    const json = JSON.stringify({
      nodes: [
        { id: "1", type: "text", text: "# A\n[[b#c|d]] ![[e.png]]" },
        { id: "2", type: "file", file: "f/g.md", subpath: "#h#i" },
        { id: "3", type: "file", file: "j.png" },
        { id: 4, type: "file", file: "k.md", subpath: "#^l" },
        { id: "5", type: "link", url: "https://example.org" },
        { id: "6", type: "group", label: "[[m]]" },
        { type: "text" },
        { type: "file", file: 1 },
        { type: "file", file: "" },
        ...odd,
      ],
      edges: [{ id: "7", label: "[[n]]" }],
    });
    const { cards, files, problem } = parseCanvas(json);
    expect(cards).toMatchObject([
      {
        id: "1",
        links: [
          { target: "b", line: 2 },
          { target: "e.png", isEmbed: true },
        ],
      },
    ]);
    expect(files).toEqual([
      { id: "2", path: "f/g.md", subpath: { kind: "heading", path: ["h", "i"] } },
      { id: "3", path: "j.png", subpath: undefined },
      { id: "", path: "k.md", subpath: { kind: "block", id: "l" } },
    ]);
    expect(problem).toBeUndefined();
  });

  it.each([
    ["{", "no JSON"],
    ["nothing", "no JSON"],
    ["[]", "no JSON object"],
    ["null", "no JSON object"],
    ['{"nodes":{}}', "no list of nodes"],
  ])("that is %j gives a problem", (json, problem) => {
    expect(parseCanvas(json)).toMatchObject({
      cards: [],
      files: [],
      problem: expect.stringContaining(problem),
    });
  });

  it.each(["", " \n", "{}", '{"nodes":[],"edges":[]}', '\u{feff}{"nodes":[]}'])(
    "that is empty is none: %j",
    (json) => {
      expect(parseCanvas(json)).toEqual({ cards: [], files: [], problem: undefined });
    },
  );

  it("never throws, whatever it is", () => {
    const value = fc.oneof(
      fc.json(),
      fc.string(),
      fc.json().map((json) => `{"nodes":[${json}]}`),
    );
    fc.assert(fc.property(value, (json) => void parseCanvas(json)));
    expect(parseCanvas("[".repeat(1_000_000)).problem).toBeDefined();
  });
});

describe("strings of a JSON text", () => {
  it("are found where they stand, with what leads to them", () => {
    const text = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify(value, null, "\t")),
    );
    fc.assert(
      fc.property(text, (json) => {
        const value: unknown = JSON.parse(json);
        const found = [...jsonStrings(json)];
        for (const { path, from, to } of found) {
          const at = path.reduce<unknown>(
            (holder, key) => (holder as Record<string | number, unknown>)[key],
            value,
          );
          expect(decodeJson(json, from, to)).toBe(at);
        }
        expect(found).toHaveLength(countStrings(value));
      }),
      { numRuns: 500 },
    );
  });

  it("know where each of their characters stands", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = JSON.stringify(text).replaceAll("a", String.raw`\u0061`);
        const offsets = jsonOffsets(json, 1, json.length - 1);
        expect(offsets).toHaveLength(text.length + 1);
        for (let at = 0; at < text.length; at += 1)
          expect(decodeJson(json, offsets[at] ?? 0, offsets[at + 1] ?? 0)).toBe(text[at]);
      }),
    );
  });
});

function countStrings(value: unknown): number {
  if (typeof value === "string") return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + countStrings(each), 0);
}
