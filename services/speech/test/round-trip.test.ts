import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { AudioFormat } from "@benchai/contract/speech";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { temporaryFolder } from "./folder.ts";
import { recogniserOf, recogniserRateHz } from "./recogniser.ts";
import { decode } from "./sound-checks.ts";
import { SpeechProcess } from "./speech-process.ts";

/** Different enough that no two are told apart by one word alone. */
const phrases = [
  "turn on the kitchen light",
  "close the garden door",
  "what time is it now",
  "play some music please",
  "how is the weather today",
  "call my mother tomorrow",
  "the quick brown fox jumps over the lazy dog",
  "she reads a book in the morning",
  "the train leaves at seven",
  "good morning my friend",
  "hello world this is a test",
  "the river flows into the sea",
  "we had bread and cheese for lunch",
  "my brother lives in a small village",
  "please send me the new address",
  "all children like to play with water",
] as const;

let service: SpeechProcess;
beforeAll(async () => {
  service = await SpeechProcess.start();
});
afterAll(() => service.stop());

/** The phrase through HTTP and a decoder, as the recogniser wants it. */
async function spoken(phrase: string, format: AudioFormat): Promise<Int16Array> {
  const path = join(temporaryFolder(), `phrase.${format}`);
  writeFileSync(path, await service.sound({ input: `${phrase}.`, voice: "en-us", response_format: format }));
  return decode(path, format, recogniserRateHz);
}

/** What is heard for each phrase, in order. */
async function heardOf(
  format: AudioFormat,
  change = (samples: Int16Array): Int16Array => samples,
): Promise<string[]> {
  const recognise = recogniserOf(phrases);
  const heard: string[] = [];
  for (const phrase of phrases) heard.push(recognise(change(await spoken(phrase, format))));
  return heard;
}

/**
 * Of its list the recogniser names one even for noise, so a sound without speech is right once in sixteen times: that by chance
 * fourteen are right happens once in 10^14.
 */
describe("a recogniser that knows sixteen phrases", { timeout: 120_000 }, () => {
  it.each(["wav", "mp3", "opus"] as const)(
    "hears at least fourteen of them right in what is spoken as %s, and each once",
    async (format) => {
      const heard = await heardOf(format);
      const wrong = phrases.flatMap((phrase, i) => (heard[i] === phrase ? [] : [`${phrase} > ${heard[i]}`]));
      expect(wrong.length, wrong.join("; ")).toBeLessThanOrEqual(2);
      const others = heard.filter((phrase, i) => phrase === phrases.at(i - 1));
      expect(others.length, "a phrase is not heard in another's sound").toBeLessThanOrEqual(1);
    },
  );

  it.each([
    ["played backwards", (samples: Int16Array) => samples.toReversed()],
    ["whose parts of 50 ms are shuffled", shuffled],
  ])("does not hear them in a sound %s", async (_what, spoil) => {
    const heard = await heardOf("wav", spoil);
    expect(phrases.filter((phrase, i) => heard[i] === phrase).length).toBeLessThanOrEqual(4);
  });
});

/** Every third part, then those in between: always the same, as a test wants it. */
function shuffled(samples: Int16Array): Int16Array {
  const length = 0.05 * recogniserRateHz;
  const parts = Array.from({ length: Math.floor(samples.length / length) }, (_, i) =>
    samples.subarray(i * length, (i + 1) * length),
  );
  const order = [2, 0, 1].flatMap((turn) => parts.filter((_, i) => i % 3 === turn).toReversed());
  const mixed = new Int16Array(parts.length * length);
  for (const [i, part] of order.entries()) mixed.set(part, i * length);
  return mixed;
}
