import { AppError } from "@benchai/contract/errors";
import { describe, expect, test } from "vitest";

import type { Piece } from "../piece.ts";
import { piecesOf } from "../pieces.ts";

function pieces(inside: string): Piece[] {
  return [...piecesOf(`<speak>${inside}</speak>`, { format: "auto", language: "en" })];
}

function text(inside: string): string {
  return pieces(inside)
    .map((piece) => (piece.kind === "speech" ? piece.text : `(${piece.ms})`))
    .join(" ");
}

function failure(source: string): string {
  try {
    piecesOf(source, { format: "ssml", language: "en" });
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.message}`;
  }
  return "nothing";
}

describe("SSML", () => {
  test.each([
    ["Hello <emphasis>big</emphasis> world.", "Hello big world."],
    [
      "One.<break/>Two.<break time='1.5s'/><break time='500ms'/>Three.",
      "One. (400) Two. (1500) (500) Three.",
    ],
    ["A <break strength='none'/>b", "A b"],
    ["A.<break time='3600s'/>B.", "A. (10000) B."],
    ["<p>One.</p><p><s>Two</s><s>three</s></p>", "One. (350) Two three"],
    ["<say-as interpret-as='characters'>AB-1</say-as>", "A B dash 1"],
    ["Call <say-as interpret-as='telephone'>+1 555-1234</say-as>.", "Call plus 1, 5 5 5, 1 2 3 4."],
    ["<say-as interpret-as='digits'>2026</say-as>", "2 0 2 6"],
    [
      "the <say-as interpret-as='ordinal'>3</say-as> and <say-as interpret-as='ordinal'>112</say-as>",
      "the third and 112th",
    ],
    ["<say-as interpret-as='cardinal'>1,234</say-as>", "1234"],
    ["<say-as interpret-as='date' format='dmy'>1/2/2026</say-as>", "February 1, 2026"],
    ["<say-as interpret-as='time'>2:30pm</say-as>", "2 30 p m"],
    ["<say-as interpret-as='currency'>$5.20</say-as>", "5 dollars and 20 cents"],
    ["<say-as interpret-as='unit'>5 km</say-as>", "5 kilometres"],
    ["Oh <say-as interpret-as='expletive'>damn</say-as> it", "Oh it"],
    ["The <sub alias='World Wide Web'>WWW</sub>.", "The World Wide Web."],
    ["fish &amp; chips &#38; <![CDATA[peas]]><!-- no -->", "fish and chips and peas"],
    ["<audio src='file:///etc/passwd'><desc>a bell</desc>Ring.</audio><mark name='x'/>", "Ring."],
    ["<voice name='x'>Hi.</voice><metadata>no</metadata>", "Hi."],
    ["**stars** and [brackets]", "stars and brackets"],
  ])("%s", (inside, expected) => {
    expect(text(inside)).toBe(expected);
  });

  test("rates multiply, and end where their element ends", () => {
    const rates = pieces("a <prosody rate='slow'>b <prosody rate='120%'>c</prosody> d</prosody> e").map(
      (p) => p.kind === "speech" && p.rate,
    );
    expect(rates).toEqual([1, 0.75, expect.closeTo(0.9), 0.75, 1]);
  });

  test("another language has its own words", () => {
    expect(pieces("Now <lang xml:lang='fr'>5 km</lang>.")).toContainEqual({
      kind: "speech",
      text: "5 kilomètres",
      rate: 1,
      language: "fr",
    });
  });

  test("the language of the request is not named again", () => {
    const [piece] = piecesOf("<speak xml:lang='en-US'>Hi.</speak>", { format: "auto", language: "en" });
    expect(piece).toEqual({ kind: "speech", text: "Hi.", rate: 1 });
  });

  test("phonemes come with the text they stand for", () => {
    expect(pieces("<phoneme alphabet='ipa' ph='təˈmeɪtoʊ'>tomato</phoneme>")).toEqual([
      { kind: "speech", text: "tomato", ipa: "təˈmeɪtoʊ", rate: 1 },
    ]);
  });

  test("all silence together is bounded", () => {
    const silence = pieces("a<break time='10s'/>".repeat(100)).reduce(
      (sum, piece) => sum + (piece.kind === "pause" ? piece.ms : 0),
      0,
    );
    expect(silence).toBe(600_000);
  });

  test("an XML declaration may come first", () => {
    expect([
      ...piecesOf("\n<?xml version='1.0'?><speak>Hi.</speak>", { format: "auto", language: "en" }),
    ]).toHaveLength(1);
  });

  test.each([
    ["<speak>a\n <b></speak>", "ssml_malformed SSML, line 2, column 13: unexpected close tag."],
    ["<speak>", "ssml_malformed SSML, line 1, column 8: unclosed tag: speak"],
    ["<talk/>", 'ssml_malformed SSML, line 1, column 8: the outermost element is "speak", not "talk"'],
    ["<speak>&nope;</speak>", "ssml_malformed SSML, line 1, column 14: undefined entity."],
    [
      "<speak><break time='soon'/></speak>",
      'ssml_malformed SSML, line 1, column 28: break has a "time" as 500ms or 2s, or a "strength"',
    ],
    ["<speak><sub>x</sub></speak>", 'ssml_malformed SSML, line 1, column 13: sub needs "alias"'],
    [
      "<speak><prosody rate='-200%'>x</prosody></speak>",
      'ssml_malformed SSML, line 1, column 30: prosody has a "rate" as slow, fast, 120% or 1.2',
    ],
  ])("%j is refused before the first piece, with its place", (source, expected) => {
    expect(failure(source)).toBe(expected);
  });

  test("a document type is refused, and with it every bomb", () => {
    const bomb = `<!DOCTYPE speak [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><speak>&b;</speak>`;
    expect(failure(bomb)).toContain("a document type is not allowed");
    expect(() => piecesOf(bomb, { format: "auto", language: "en" })).toThrow(AppError);
  });

  test("deep nesting is read like any other", () => {
    expect(text(`${"<emphasis>".repeat(20_000)}Hi.${"</emphasis>".repeat(20_000)}`)).toBe("Hi.");
  });
});
