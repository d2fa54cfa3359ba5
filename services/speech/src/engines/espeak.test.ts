import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

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

/** Debian's package, which `./benchai test` installs. */
describe("espeak-ng", () => {
  engineConformance({ start: started, voice: "en-us" });

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

  it("fails on what would last too long or take too long", async () => {
    const [short, impatient] = [await started({ maxAudioS: 1 }), await started({ deadlineMs: 30 })];
    const long = { ...hello, text: "a ".repeat(20_000) };
    await expect(short.synthesise(long, never)).rejects.toMatchObject({ code: "speech_failed" });
    await expect(impatient.synthesise(long, never)).rejects.toThrow(/was not done within 0.03 s/u);
    await Promise.all([short.close(), impatient.close()]);
  });
});

describe("a program in espeak-ng's place", () => {
  const at = mkdtemp(join(tmpdir(), "espeak-"));
  afterAll(async () => rm(await at, { recursive: true }));

  /** It lists one voice, and does `speak` otherwise. */
  async function program(speak: string): Promise<string> {
    const file = join(await at, `${speak.length}.sh`);
    const listing = "echo ' 5  xx  --/M  Test  zz/xx  '; echo 'eSpeak NG text-to-speech: 1.0 Data at: /'";
    await writeFile(file, `#!/bin/sh\ncase "$1" in --v*) ${listing};; *) ${speak};; esac\n`);
    await chmod(file, 0o755);
    return file;
  }

  it.for([
    ["an exit code", "echo out of memory >&2; exit 3", /exit code 3.*out of memory/u],
    ["a signal", "kill -SEGV $$", /SIGSEGV/u],
    ["no sound", "cat >/dev/null", /said nothing/u],
    ["no WAV", "echo this is not the sound you are looking for", /cannot be read: it is not WAV/u],
    ["hanging", "exec sleep 60", /was not done within 0.5 s/u],
  ] as const)("fails an utterance for %s and leaves no process", async ([, speak, message]) => {
    const engine = await started({ program: await program(speak), deadlineMs: 500 });
    const spoken = engine.synthesise({ ...hello, voice: "xx" }, never);
    await expect(spoken).rejects.toMatchObject({ code: "speech_failed" });
    await expect(spoken).rejects.toThrow(message);
    const before = childProcesses().length;
    await engine.close();
    expect(before).toBe(childProcesses().length);
  });

  it("is a problem, and no engine, when it is missing or has no voices", async () => {
    expect(await startEspeak({ program: "/nowhere/espeak-ng" })).toEqual({
      problem: expect.stringMatching(/espeak-ng cannot be started: .*ENOENT/u),
    });
    expect(await startEspeak({ program: "true" })).toEqual({
      problem: expect.stringContaining("lists no voices"),
    });
  });
});
