import { describe, expect, it } from "vitest";

import { partitionKnown, readQuestions } from "./eval-questions.ts";

describe("the owner's questions", () => {
  it("are an object a line, whose answer is one document or several", () => {
    const lines = [
      '{"question":"when is the boiler serviced?","path":"home/boiler.md"}',
      "",
      '{"question":"who was there","path":["a.md","b.md"],"note":"not read"}\r',
    ];
    expect(readQuestions(lines.join("\n"))).toEqual([
      { question: "when is the boiler serviced?", paths: ["home/boiler.md"] },
      { question: "who was there", paths: ["a.md", "b.md"] },
    ]);
  });

  it.each([
    ["no JSON", "{", 1],
    ["no path", '{"question":"a"}', 1],
    ["an empty list of paths", '{"question":"a","path":[]}', 1],
    ["no question", '{"question":"a","path":"a.md"}\n\n{"question":"","path":"a.md"}', 3],
  ])("are refused by their line: %s", (_what, lines, line) => {
    expect(() => readQuestions(lines)).toThrow(
      expect.objectContaining({
        code: "invalid_request",
        message: expect.stringMatching(`^line ${line} of the questions`),
      }),
    );
  });

  it("are refused when there are none", () => {
    expect(() => readQuestions(" \n")).toThrow(/empty/u);
  });

  it("are parted from those whose document is not there", () => {
    const [good, bad] = [
      { question: "a", paths: ["a.md"] },
      { question: "b", paths: ["a.md", "gone.md"] },
    ];
    expect(partitionKnown([good, bad, bad], new Set(["a.md"]))).toEqual({
      known: [good],
      missing: ["gone.md"],
    });
  });
});
