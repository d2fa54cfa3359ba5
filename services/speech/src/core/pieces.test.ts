import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Piece } from "./piece.ts";
import { PieceStream } from "./piece-stream.ts";
import { piecesOf } from "./pieces.ts";

const markdown = { format: "markdown", language: "en" } as const;

function texts(pieces: Iterable<Piece>): string[] {
  return [...pieces].flatMap((piece) => (piece.kind === "speech" ? [piece.text] : []));
}

/** Pieces without places to breathe. */
function heard(pieces: Iterable<Piece>): Piece[] {
  return [...pieces].filter((piece) => piece.kind === "speech" || piece.ms > 0);
}

function streamed(parts: readonly string[], language = "en"): Piece[] {
  const stream = new PieceStream({ language });
  return [...parts.flatMap((part) => stream.push(part)), ...stream.end()];
}

function firstOf(pieces: Iterable<Piece>): Piece[] {
  for (const piece of pieces) return [piece];
  return [];
}

/** `text` cut at these places. */
function cutAt(text: string, places: readonly number[]): string[] {
  const cuts = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...cuts].map((from, i) => text.slice(from, cuts[i] ?? text.length));
}

/** Fragments that mean something to one rule or another, in any order. */
const fragment = fc.constantFrom(
  ..."* ** _ ` `` ``` ~~~ ~~ == [ ] ( ) ![ [^1] [[ ]] <b> </b> <!-- --> < > & &amp; $ $$ \\ \\( \\) | # - + 1. 3.14 --- === > $5 .".split(
    " ",
  ),
  ..."Dr. e.g. z. B. Hello world. Is it? Yes! www.a.com/x_y https://x.com 5 km 2026-11-28 v1.2 ✅ 🎉 漢字。 \ud83d \u200d é … “ ” , ; : —".split(
    " ",
  ),
  " ",
  "  ",
  "\n",
  "\n\n",
  "\r\n",
  "\r",
  "\t",
  "\n- ",
  "\n1. ",
  "\n# ",
  "\n|a|b|\n|-|-|\n|1|2|\n",
  "\n```\n",
  "\n> ",
  "a | b\n---|---\n",
  "---\nkey: v\n",
  "\n[a]: https://x.com\n",
  "\n- [ ] ",
  "a sentence of some length, with a comma and more words to cut ",
);
const document = fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(""));

describe("pieces", () => {
  test("the first piece of a long sentence ends early, at a comma if there is one", () => {
    const text =
      "When the long winter was over, the people of the small village in the hills came together and sang.";
    expect(texts(piecesOf(text, markdown))[0]).toBe("When the long winter was over,");
  });

  test("a first sentence without a comma is cut between words", () => {
    const [first = ""] = texts(piecesOf("word ".repeat(60), markdown));
    expect(first.length).toBeLessThanOrEqual(60);
    expect(first.endsWith("word")).toBe(true);
  });

  test("a sentence is a piece, and a paragraph's end is silence", () => {
    expect([...piecesOf("One is here. Two is.\n\nThree.", markdown)]).toEqual([
      { kind: "speech", text: "One is here.", rate: 1 },
      { kind: "speech", text: "Two is.", rate: 1 },
      { kind: "pause", ms: 350 },
      { kind: "speech", text: "Three.", rate: 1 },
    ]);
  });

  test("a heading is followed by a shorter silence than a paragraph", () => {
    const pieces = [...piecesOf("# Title\nText.", markdown)];
    expect(pieces[1]).toEqual({ kind: "pause", ms: 250 });
  });

  test("a word of 10,000 letters is cut between characters as a reader counts them", () => {
    const spoken = texts(piecesOf("e\u0301".repeat(5_000), markdown));
    expect(spoken.join("")).toBe("e\u0301".repeat(5_000));
    expect(spoken.every((text) => text.startsWith("e") && text.length <= 300)).toBe(true);
  });

  test("Thai is cut between its words", () => {
    const spoken = texts(piecesOf("สวัสดีครับ".repeat(100), { format: "markdown", language: "th" }));
    expect(spoken.join("")).toBe("สวัสดีครับ".repeat(100));
    expect(spoken.every((text) => text.startsWith("สวัสดี") || text.startsWith("ครับ"))).toBe(true);
  });

  test("plain text has no markup", () => {
    expect(texts(piecesOf("1. one\n2. two", { format: "text", language: "en" }))).toEqual(["1. one 2. two"]);
  });

  test("nothing to say is no piece", () => {
    for (const text of ["", " \n ", "***", "<!-- x -->", "\u0000\u200b", "🎉"])
      expect(heard(piecesOf(text, markdown))).toEqual([]);
  });

  test("any text gives whole pieces: never empty, never too long, no silence at either end", () => {
    fc.assert(
      fc.property(
        fc.oneof(document, fc.string({ unit: "binary", maxLength: 300 })),
        fc.constantFrom("en", "de", "fr", "th", "ar", "x", ""),
        (text, language) => {
          const pieces = heard(piecesOf(text, { format: "markdown", language }));
          expect(pieces.at(0)?.kind ?? "speech").toBe("speech");
          expect(pieces.at(-1)?.kind ?? "speech").toBe("speech");
          for (const spoken of texts(pieces)) {
            expect(spoken.trim()).toBe(spoken);
            expect(spoken).toMatch(/[\p{L}\p{N}]/u);
            expect(spoken.length).toBeLessThanOrEqual(330);
            expect(spoken).not.toMatch(/[*_`|[\]<>\\{}^~\p{Cc}\p{Cs}]/u);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("plain prose keeps its words, in order", () => {
    const word = fc.constantFrom(
      "the",
      "cat",
      "Über",
      "naïve",
      "don’t",
      "mother-in-law",
      "слово",
      "word",
      "end.",
      "what?",
      "comma,",
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 120 }), (words) => {
        expect(texts(piecesOf(words.join(" "), markdown)).join(" ")).toBe(words.join(" "));
      }),
      { numRuns: 100 },
    );
  });

  test("what was said once is said the same again", () => {
    const sentence = fc.constantFrom(
      "It costs $5.20, see https://example.com/docs.",
      "Dr. Smith ran 10 km at 14:30.",
      "**Bold** and `code_span` here.",
      "20 °C & 50%!",
      "Pages 3–5 of v1.2.3.",
    );
    fc.assert(
      fc.property(fc.array(sentence, { maxLength: 5 }), (sentences) => {
        const once = texts(piecesOf(sentences.join(" "), markdown));
        expect(once.flatMap((text) => texts(piecesOf(text, markdown))).join(" ")).toBe(once.join(" "));
      }),
    );
  });
});

describe("text that arrives in parts", () => {
  test("gives the same pieces however it is cut", () => {
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { maxLength: 30 }), (text, places) => {
        const whole = streamed([text]);
        expect(streamed(cutAt(text, places))).toEqual(whole);
        expect(streamed(text.split(""))).toEqual(whole);
        expect(heard(piecesOf(text, markdown))).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test("gives a sentence as soon as the next one begins", () => {
    const stream = new PieceStream({ language: "en" });
    expect(stream.push("It is 3.")).toEqual([]);
    expect(stream.push("14, says Dr.")).toEqual([]);
    expect(stream.push(" Smith. ")).toEqual([]);
    expect(texts(stream.push("A"))).toEqual(["It is 3 point 1 4, says Doctor Smith."]);
    expect(texts(stream.end())).toEqual(["A"]);
  });

  test("does not wait for the end of a line, but for the end of a link and of code", () => {
    const stream = new PieceStream({ language: "en" });
    expect(texts(stream.push("See [the docs](https://a.b/c.D"))).toEqual([]);
    expect(texts(stream.push(") now. Then"))).toEqual(["See the docs now."]);
    expect(texts(stream.push(" run `get_na"))).toEqual([]);
    expect(texts(stream.push("me`. Bye"))).toEqual(["Then run get name."]);
  });

  test("says that there is code once it has begun, and nothing of it", () => {
    const stream = new PieceStream({ language: "en" });
    expect(texts(stream.push("```ts\n"))).toEqual(["Code block."]);
    expect(texts(stream.push("const a = 1. Then more\n"))).toEqual([]);
    expect(texts(stream.push("```\nDone. Now"))).toEqual(["Done."]);
  });

  test("says a table row by row", () => {
    const stream = new PieceStream({ language: "en" });
    expect(texts(stream.push("| Name | Age |\n|---|---|\n| Ada | 3"))).toEqual([]);
    expect(texts(stream.push("6 |\n"))).toEqual(["Name: Ada, Age: 36."]);
  });
});

/** How long reading all of a text takes this process, in ms of its own time. */
function workMs(text: string): number {
  const from = process.cpuUsage();
  for (const piece of piecesOf(text, markdown)) expect(piece).toBeDefined();
  return process.cpuUsage(from).user / 1_000;
}

describe("a long text", () => {
  test.each(["*", "[", "`", "<", "1", "a", "\n", "|"])(
    "a megabyte of %j is read in a few seconds",
    { tags: "clock" },
    (sign) => {
      expect(workMs(sign.repeat(1_048_576))).toBeLessThan(15_000);
    },
  );

  const nasty = [
    "$",
    "&",
    "(",
    ".",
    "![",
    "](",
    "1,",
    "1-",
    "a@",
    "a.",
    "x^",
    "- ",
    "> ",
    "<a ",
    "[^",
    "```\na\n",
    "a\n",
    "\u0301",
    "漢",
  ];

  test.each(nasty)("of %j takes time in proportion to its length", { tags: "clock" }, (unit) => {
    const short = workMs(unit.repeat(16_384 / unit.length));
    // Quadratic work would be 64 times as much.
    expect(workMs(unit.repeat(131_072 / unit.length))).toBeLessThan(24 * Math.max(short, 20));
  });

  test("is not read before its first piece is asked for", { tags: "clock" }, () => {
    const text = "This is an ordinary sentence of an ordinary text. ".repeat(20_000);
    const from = process.cpuUsage();
    const [first] = texts(firstOf(piecesOf(text, markdown)));
    expect(first).toBe("This is an ordinary sentence of an ordinary text.");
    expect(process.cpuUsage(from).user / 1_000).toBeLessThan(50);
  });
});
