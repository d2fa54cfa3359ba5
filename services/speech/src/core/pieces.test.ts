import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { piecesOf } from "./pieces.ts";

function said(text: string, language = "en", format: "markdown" | "text" = "markdown"): string[] {
  return [...piecesOf(text, { format, language })].map((piece) =>
    piece.kind === "pause" ? "|" : piece.text,
  );
}

describe("a text in pieces", () => {
  it.each([
    ["en", "Dr. Smith met J. R. Jones at 3.14 p.m. on Main St. today. He left. Why?", 3],
    ["de", "Am 3. Oktober kam z. B. Herr Dr. Müller. Er ging bald.", 2],
    ["fr", "M. Dupont est là. Il dort.", 2],
    ["es", "¿Qué tal? ¡Bien! Vamos.", 3],
    ["it", "Il dott. Rossi è qui. Ciao.", 2],
    ["ja", "今日は晴れです。明日は雨でしょう。", 2],
    ["zh", "你好。我们走吧！", 2],
    ["hi", "यह एक वाक्य है। यह दूसरा है।", 2],
    ["ar", "كيف حالك؟ أنا بخير.", 2],
    ["ru", "Привет. Как дела?", 2],
    ["el", "Καλημέρα. Τι κάνεις;", 2],
    ["nl", "Dat is bijv. zo. Mooi.", 2],
  ])("is by sentences, in %s: %s", (language, text, count) => {
    const spoken = [...piecesOf(`x. ${text}`, { format: "text", language })];
    expect(spoken.filter(({ kind }) => kind === "speech").length).toBeGreaterThanOrEqual(count);
    const whole = said(text, language, "text").join(" ");
    expect(whole.replaceAll(/\s/gu, "")).toBe(text.replaceAll(/\s/gu, ""));
  });

  it("begins with a short piece, cut behind a clause or a word", () => {
    const [first = "", second = ""] = said(
      "When the first light of the morning came over the hills, the fox woke up and went for a long walk in the woods.",
    );
    expect(first).toBe("When the first light of the morning came over the hills,");
    expect(second).toBe("the fox woke up and went for a long walk in the woods.");
  });

  it("pauses between paragraphs and says no markup", () => {
    const text =
      "# Title\n\nSome **bold** and _soft_ words, [a link](http://x.y/z_1).\n\n- one\n- two\n\n```sh\nrm -rf\n\nx\n```\n\nsnake_case 2*3";
    expect(said(text)).toEqual([
      "Title",
      "|",
      "Some bold and soft words, a link.",
      "|",
      "one",
      "two",
      "|",
      "snake_case 2*3",
    ]);
    expect(said("# Title", "en", "text")).toEqual(["# Title"]);
  });

  it("is nothing where there is nothing to say", () => {
    for (const text of ["", " \n\n ", "!!! … ---", "\u202E\0", "\uD800"]) expect(said(text)).toEqual([]);
  });

  it("loses no letter, has no piece that is too long, and cuts no character apart", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 700 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const text = words.join(" ");
        const pieces = said(text, "en", "text").filter((piece) => piece !== "|");
        const letters = (s: string) => s.replaceAll(/[^\p{L}\p{N}]/gu, "");
        expect(letters(pieces.join(""))).toBe(letters(text));
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(300);
          expect(piece.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it.each(["*", "[", "`", "<", "1", "a", "\n", "|", "_", "# ", "a. ", "![", "> ", "字"])(
    "has its first piece of a megabyte of %j at once, and all of it in seconds",
    (unit) => {
      const text = `Hello there.\n\n${unit.repeat(1_000_000 / unit.length)}`;
      const startedMs = performance.now();
      const pieces = piecesOf(text, { format: "markdown", language: "en" });
      expect(pieces.next().value).toMatchObject({ text: "Hello there." });
      expect(performance.now() - startedMs).toBeLessThan(100);
      const count = [...pieces].length;
      expect(count).toBeGreaterThanOrEqual(0);
      expect(performance.now() - startedMs).toBeLessThan(8_000);
    },
  );
});
