import { afterAll, beforeAll, expect, it } from "vitest";

import { durationMs } from "../src/core/pcm.ts";
import type { Engine, Utterance } from "../src/engines/engine.ts";
import { childProcesses } from "./child-processes.ts";

export type EngineUnderTest = {
  readonly start: () => Promise<Engine>;
  readonly voice: string;
  /** Processes that it may keep between two utterances. */
  readonly keepsProcesses?: number;
  /** Whether it tells when each word is said. */
  readonly tellsWords?: boolean;
};

const sentence = "The quick brown fox jumps over the lazy dog, and then it runs away into the forest.";
/** What nobody says and some day arrives all the same. */
const oddTexts = {
  "an emoji": "🦊👩‍👩‍👧",
  "text from right to left": "שלום، مرحبا بالعالم",
  "several scripts": "Ünïcödé Ελληνικά русский 日本語",
  "a lone surrogate": "a \ud800 b",
  "signs only": "?!… — *",
  "a leading option": "--help -v de -f /etc/passwd",
  "phoneme brackets": "[[h@l'oU]] [[",
  "tags and entities": '<speak><audio src="/etc/passwd">x</audio> &lt;b &amp; Hello <b world',
  "line breaks": "one\ntwo\r\nthree",
};

/** What every engine must do; to be called within a `describe`. */
export function engineConformance(engineUnderTest: EngineUnderTest): void {
  const { start, voice, keepsProcesses = 0, tellsWords = false } = engineUnderTest;
  const others = new Set(childProcesses());
  const ours = () => childProcesses().filter((pid) => !others.has(pid)).length;
  const never = new AbortController().signal;
  let engine: Engine;
  beforeAll(async () => {
    engine = await start();
  });
  afterAll(async () => {
    await engine.close();
    expect(ours()).toBe(0);
  });
  const utterance = (text: string, more: Partial<Utterance> = {}): Utterance => ({
    text,
    voice,
    speed: 1,
    ...more,
  });
  const say = (text: string, more?: Partial<Utterance>) => engine.synthesise(utterance(text, more), never);
  const lastsMs = async (text: string, more?: Partial<Utterance>) =>
    durationMs((await say(text, more)).samples.length);

  it("has the voice, once, and a language for each voice", () => {
    expect(engine.voices.filter(({ id }) => id === voice)).toHaveLength(1);
    expect(new Set(engine.voices.map(({ id }) => id)).size).toBe(engine.voices.length);
    expect(engine.voices.every(({ languages }) => languages.length > 0)).toBe(true);
    expect(engine.concurrency).toBeGreaterThan(0);
  });

  it("says a sentence about as long as people do, loud enough to be heard and not clipped", async () => {
    const { samples } = await say(sentence);
    expect(durationMs(samples.length)).toBeGreaterThan(2_000);
    expect(durationMs(samples.length)).toBeLessThan(12_000);
    expect(rms(samples)).toBeGreaterThan(300);
    expect(samples.filter((sample) => Math.abs(sample) >= 32_767).length).toBeLessThan(samples.length / 100);
  });

  it("says it faster at a higher speed, and takes the nearest speed that it can", async () => {
    const [slow, normal, fast] = [
      await lastsMs(sentence, { speed: 0.5 }),
      await lastsMs(sentence),
      await lastsMs(sentence, { speed: 2 }),
    ];
    expect(slow / normal).toBeGreaterThan(1.5);
    expect(normal / fast).toBeGreaterThan(1.5);
    expect(await lastsMs(sentence, { speed: 16 })).toBeLessThanOrEqual(fast);
    expect(await lastsMs("Hello.", { speed: 0.0625 })).toBeGreaterThan(await lastsMs("Hello."));
  });

  it.for(Object.entries(oddTexts))("answers to %s and goes on", async ([, text]) => {
    const { samples } = await say(text);
    expect(durationMs(samples.length)).toBeLessThan(60_000);
    expect(await lastsMs("Hello there.")).toBeGreaterThan(200);
  });

  it("says another language, known to it or not, and sounds in IPA", async () => {
    expect(await lastsMs("Bonjour tout le monde.", { language: "fr-FR" })).toBeGreaterThan(300);
    expect(await lastsMs("Hello.", { language: "x-unheard" })).toBeGreaterThan(100);
    expect(await lastsMs("tomato", { ipa: "təˈmɑːtəʊ" })).toBeGreaterThan(100);
  });

  it("tells when each word is said, in order and within the sound, or not at all", async () => {
    for (const text of [sentence, "No. 3 of 12,345 “Ünïcödé” 🦊 foxes, C++!", ...Object.values(oddTexts)])
      for (const speed of [0.5, 1, 2, 16]) {
        const { samples, words } = await say(text, { speed });
        expect(words !== undefined).toBe(tellsWords);
        let [at, ms] = [0, 0];
        for (const { word, startMs, endMs } of words ?? []) {
          expect(text.indexOf(word, at)).toBeGreaterThanOrEqual(at);
          at = text.indexOf(word, at) + word.length;
          expect(startMs).toBeGreaterThanOrEqual(ms);
          expect(endMs).toBeGreaterThanOrEqual(startMs);
          ms = endMs;
        }
        expect(ms).toBeLessThanOrEqual(durationMs(samples.length));
      }
    const { words } = await say(sentence);
    if (tellsWords) expect(words?.map(({ word }) => word).join(" ")).toBe(sentence.replaceAll(/[,.]/gu, ""));
  });

  it("says a word of 10,000 characters within its deadline", async () => {
    expect(await lastsMs("a".repeat(10_000))).toBeGreaterThan(1_000);
  });

  it("says 20 at a time, each as it would alone", async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `Sentence number ${i + 1}${", again".repeat(i % 4)}.`);
    const together = await Promise.all(texts.map((text) => lastsMs(text)));
    for (const at of [0, 7, 19])
      expect(Math.abs((await lastsMs(texts[at] ?? "")) - (together[at] ?? 0))).toBeLessThan(250);
  });

  it("fails for a voice that it does not have", async () => {
    const failed = engine.synthesise(utterance("Hello.", { voice: "nobody; -v/etc/passwd" }), never);
    await expect(failed).rejects.toMatchObject({ code: "speech_failed" });
  });

  it(
    "stops within 100 ms of an abort, with its reason, and leaves no process behind",
    { tags: "clock" },
    async () => {
      const word = "a".repeat(10_000);
      await say("Once, so that what it keeps is there.");
      for (const afterMs of [0, 10, 25]) {
        const reason = new Error(`the client left after ${afterMs} ms`);
        const stopping = new AbortController();
        const spoken = engine.synthesise(utterance(word), stopping.signal);
        let abortedAt = 0;
        setTimeout(() => {
          abortedAt = performance.now();
          stopping.abort(reason);
        }, afterMs);
        await expect(spoken).rejects.toBe(reason);
        expect(performance.now() - abortedAt).toBeLessThan(100);
        expect(ours()).toBeLessThanOrEqual(keepsProcesses);
      }
      expect(await lastsMs("Hello again.")).toBeGreaterThan(200);
    },
  );

  it("does not begin what is aborted already", async () => {
    const reason = new Error("too late");
    await expect(engine.synthesise(utterance(sentence), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("leaves no process behind after many utterances", async () => {
    for (let i = 0; i < 25; i++) await say("Go.");
    expect(ours()).toBeLessThanOrEqual(keepsProcesses);
  });

  it("has a fingerprint for each voice that stays while nothing changes", async () => {
    const before = engine.fingerprint(voice);
    await say("Hello.");
    expect(before).toMatch(/^\S+$/u);
    expect(engine.fingerprint(voice)).toBe(before);
  });

  it("rejects what it is saying when it closes", async () => {
    const closing = await start();
    const spoken = closing.synthesise(utterance("a".repeat(10_000)), never);
    const [how] = await Promise.allSettled([spoken, closing.close()]);
    expect(how).toMatchObject({ status: "rejected", reason: { code: "shutting_down" } });
    await expect(closing.synthesise(utterance("Hello."), never)).rejects.toMatchObject({
      code: "shutting_down",
    });
    expect(ours()).toBeLessThanOrEqual(keepsProcesses);
  });
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}
