import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { cjkBigrams, identifierParts, indexParts } from "./parts.ts";

describe("the derived tokens of the full-text index", () => {
  it.each([
    ["getUserName2", "get user name 2"],
    ["HTTPServer", "http server"],
    ["sha256sum", "sha 256 sum"],
    ["größeWert", "größe wert"],
    ["Hello", ""],
    ["WORLD", ""],
    ["2024", ""],
  ])("of %s are %j", (token, parts) => {
    expect(identifierParts(token).join(" ")).toBe(parts);
    expect(indexParts(`a ${token}, b`)).toBe(parts);
  });

  it("name each identifier once, in the order of its parts, and leave encoded bytes alone", () => {
    expect(indexParts("getUser(); setUser(); getUser()")).toBe("get user set user");
    expect(indexParts("aB1".repeat(40))).toBe("");
  });

  it("are the bigrams of scripts without spaces, and the words glued to them", () => {
    expect(indexParts("日本語のTest、中")).toBe("日本 本語 語の 中 test");
    expect(cjkBigrams("한국어")).toEqual(["한국", "국어"]);
    expect(cjkBigrams("𠀀𠀁𠀂")).toEqual(["𠀀𠀁", "𠀁𠀂"]);
  });

  it("hold a word that a run is glued to, although it stands alone before", () => {
    expect(indexParts("дa, getUser; дa한, getUser語")).toBe("get user 한 語 дa getuser");
  });

  it("hold for every word of a text what the query derives from it", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9äÖж]{1,12}$/u);
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 20 }),
        fc.constantFrom(" ", "_", ".", "—", "😀"),
        (words, between) => {
          const indexed = ` ${indexParts(words.join(between))} `;
          for (const one of words) {
            const parts = identifierParts(one);
            if (parts.length > 0) expect(indexed).toContain(` ${parts.join(" ")} `);
          }
        },
      ),
    );
  });

  it("never hold half a surrogate pair", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (text) => {
        expect(indexParts(text.toWellFormed()).isWellFormed()).toBe(true);
      }),
    );
  });
});
