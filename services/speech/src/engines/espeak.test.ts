import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { childProcesses } from "../../test/child-processes.ts";
import { engineConformance } from "../../test/engine-conformance.ts";
import { durationMs } from "../core/pcm.ts";
import type { Engine } from "./engine.ts";
import { type EspeakOptions, startEspeak } from "./espeak.ts";

const never = new AbortController().signal;
const hello = { text: "Hello, world.", voice: "en-us", speed: 1 };

async function started(options?: EspeakOptions): Promise<Engine> {
  const engine = await startEspeak(options);
  if ("problem" in engine) throw new Error(engine.problem);
  return engine;
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
}

/** Debian's package, which `./benchai test` installs. */
describe("espeak-ng, as every engine,", () => {
  engineConformance({ start: started, voice: "en-us", keepsProcesses: 2, tellsWords: true });
});

describe("espeak-ng", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await started();
  });
  afterAll(() => engine.close());
  const lastsMs = async (more: Partial<typeof hello> & { readonly language?: string }) =>
    durationMs((await engine.synthesise({ ...hello, ...more }, never)).samples.length);

  it("has a woman's and a man's voice for more than 100 languages, and none without data", async () => {
    expect(engine.voices.length).toBeGreaterThan(200);
    expect(engine.voices.find(({ id }) => id === "en-us")).toEqual({
      id: "en-us",
      name: "English (America)",
      languages: ["en-US", "en"],
      gender: "male",
    });
    const both = await Promise.all(["en-us", "en-us+f3"].map((voice) => lastsMs({ voice })));
    expect(Math.min(...both)).toBeGreaterThan(400);
  });

  it("says numbers in every tenth language, as a man and as a woman", async () => {
    const silent: string[] = [];
    for (const { id } of engine.voices.filter((_, i) => i % 20 < 2))
      if ((await lastsMs({ voice: id, text: "1 2 3" })) < 200) silent.push(id);
    expect(silent).toEqual([]);
  });

  it("says another language with a voice of that language", async () => {
    const arabic = { text: "مرحبا بالعالم كيف حالك اليوم" };
    // The English voice spells it, letter by letter.
    expect(await lastsMs({ ...arabic, language: "ar-EG" })).toBeLessThan((await lastsMs(arabic)) / 2);
  });

  it("keeps the length in proportion to the speed from 0.46 to 16", async () => {
    const text = "The quick brown fox jumps over the lazy dog, and then it runs away into the forest.";
    const normal = await lastsMs({ text });
    for (const speed of [0.5, 2, 4, 8, 16])
      expect(normal / (await lastsMs({ text, speed })) / speed).toBeCloseTo(1, 0);
  });

  it("reads brackets and tags as text: no phonemes, no files", async () => {
    expect(await lastsMs({ text: "[[h@l'oU]]" })).toBeGreaterThan(1.3 * (await lastsMs({ text: "hello" })));
    const tag = await lastsMs({ text: 'one <audio src="/etc/passwd">two</audio> three' });
    expect(tag).toBeGreaterThan(2 * (await lastsMs({ text: "one two three" })));
    expect(tag).toBeLessThan(12_000);
  });

  it("tells of silence between words, and of words as long as they are alone", async () => {
    const { samples, words = [] } = await engine.synthesise({ ...hello, text: "Hello, world." }, never);
    const [first, second] = words;
    const loudness = (fromMs = 0, toMs = 0) => rms(samples.subarray(fromMs * 24, toMs * 24));
    expect(words.map(({ word }) => word)).toEqual(["Hello", "world"]);
    expect(loudness(first?.startMs, first?.endMs)).toBeGreaterThan(1_000);
    expect(loudness(second?.startMs, second?.endMs)).toBeGreaterThan(1_000);
    expect(loudness((first?.endMs ?? 0) + 30, second?.startMs)).toBeLessThan(30);
    expect(loudness((second?.endMs ?? 0) + 30, durationMs(samples.length))).toBeLessThan(30);
    const alone = (await engine.synthesise({ ...hello, text: "world." }, never)).words?.[0];
    const lasts = ({ startMs = 0, endMs = 0 } = {}) => endMs - startMs;
    expect(Math.abs(lasts(alone) - lasts(second))).toBeLessThan(40);
  });

  it("fails on what would last too long or take too long", async () => {
    const [short, impatient] = [await started({ maxAudioS: 1 }), await started({ deadlineMs: 30 })];
    const long = { ...hello, text: "a ".repeat(20_000) };
    await expect(short.synthesise(long, never)).rejects.toMatchObject({ code: "speech_failed" });
    await expect(impatient.synthesise(long, never)).rejects.toThrow(/was not done within 0.03 s/u);
    await Promise.all([short.close(), impatient.close()]);
  });
});

describe("espeak-ng's library", () => {
  const others = new Set(childProcesses());
  const ours = () => childProcesses().filter((pid) => !others.has(pid));
  const long = { ...hello, text: "a".repeat(10_000) };
  let engine: Engine;
  beforeEach(async () => {
    engine = await started({ idleMs: 500 });
  });
  afterEach(async () => {
    await engine.close();
    expect(ours()).toEqual([]);
  });

  it("that breaks costs one sentence", async () => {
    const spoken = engine.synthesise(long, never);
    setTimeout(() => ours().map((pid) => process.kill(pid, "SIGSEGV")), 20);
    await expect(spoken).rejects.toMatchObject({ code: "speech_failed" });
    await expect(spoken).rejects.toThrow(/SIGSEGV/u);
    expect((await engine.synthesise(hello, never)).samples.length).toBeGreaterThan(10_000);
  });

  it("that hangs is ended by an abort all the same", { tags: "clock" }, async () => {
    const [pid = 0] = ours();
    process.kill(pid, "SIGSTOP");
    const leaving = new AbortController();
    const spoken = engine.synthesise(long, leaving.signal);
    let abortedMs = 0;
    setTimeout(() => {
      abortedMs = performance.now();
      leaving.abort(new Error("left"));
    }, 10);
    await expect(spoken).rejects.toThrow("left");
    expect(performance.now() - abortedMs).toBeLessThan(200);
    expect((await engine.synthesise(hello, never)).samples.length).toBeGreaterThan(10_000);
    expect(ours()).not.toContain(pid);
  });

  it("that is told to stop speaks on in the same process", async () => {
    const used = new Set(ours());
    for (let i = 0; i < 10; i++) {
      const leaving = new AbortController();
      const spoken = engine.synthesise(long, leaving.signal);
      setTimeout(() => leaving.abort(new Error("left")), 10);
      await expect(spoken).rejects.toThrow("left");
      const { samples } = await engine.synthesise(hello, never);
      expect(durationMs(samples.length)).toBeLessThan(5_000);
      for (const pid of ours()) used.add(pid);
    }
    // One, and some more on a machine that is too busy for it to stop in time.
    expect(used.size).toBeLessThan(6);
  });

  it("leaves memory when it has been silent for long", async () => {
    await Promise.all([engine.synthesise(hello, never), engine.synthesise(hello, never)]);
    expect(ours().length).toBeGreaterThan(0);
    await expect.poll(ours).toEqual([]);
  });

  it("is a problem, and no engine, when it is missing", async () => {
    expect(await startEspeak({ library: "libnowhere.so" })).toEqual({
      problem: expect.stringMatching(/libnowhere\.so cannot be used: .*package libespeak-ng1\.$/u),
    });
  });
});
