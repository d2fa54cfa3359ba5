import { expect, test } from "vitest";

import { maxInputChars } from "@benchai/contract/speech";

import { livePieces } from "./live-pieces.ts";
import type { TextPart } from "./text-part.ts";

async function* parts(...texts: readonly (string | undefined)[]): AsyncGenerator<TextPart, void> {
  for (const text of texts) yield text === undefined ? { kind: "flush" } : { kind: "text", text };
}

test("more than a text may have is refused, however it is parted", async () => {
  const half = "- \n".repeat(maxInputChars / 6);
  const all = livePieces(parts(half, half, "one more."), { language: "en" });
  await expect(Array.fromAsync(all)).rejects.toMatchObject({ code: "body_too_large" });
});

test("what is flushed is said, and what follows begins anew", async () => {
  const all = await Array.fromAsync(livePieces(parts("One", undefined, "two. Three"), { language: "en" }));
  expect(all.flatMap((piece) => (piece.kind === "speech" ? [piece.text] : []))).toEqual([
    "One",
    "two.",
    "Three",
  ]);
});

test("a part that fails ends the pieces with its error", async () => {
  async function* broken(): AsyncGenerator<TextPart, void> {
    yield { kind: "text", text: "One. " };
    throw new Error("broken");
  }
  await expect(Array.fromAsync(livePieces(broken(), { language: "en" }))).rejects.toThrow("broken");
});
