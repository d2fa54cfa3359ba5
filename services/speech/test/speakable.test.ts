import { describe, expect, test } from "vitest";

import { piecesOf } from "../src/core/pieces.ts";
import { speakableCases } from "./speakable-cases.ts";

function spoken(text: string, language: string): string {
  const pieces = [...piecesOf(text, { format: "markdown", language })];
  return pieces.flatMap((piece) => (piece.kind === "speech" ? [piece.text] : [])).join(" ");
}

describe("text as a reader would say it", () => {
  test.each(speakableCases)("%s: %j", (language, written, expected) => {
    expect(spoken(written, language)).toBe(expected);
  });

  test("the table is as long as promised", () => {
    expect(speakableCases.length).toBeGreaterThanOrEqual(200);
  });
});
