import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { childProcesses } from "../../test/child-processes.ts";
import { engineConformance } from "../../test/engine-conformance.ts";
import { toyModel, toyTokens, writeToyVoice } from "../../test/toy-voice.ts";
import { startEspeak } from "./espeak.ts";
import { type SherpaEngine, type SherpaOptions, startSherpa } from "./sherpa.ts";

const never = new AbortController().signal;
const hello = { text: "Hello, world.", speed: 1 };
const isInstalled = existsSync("/usr/bin/espeak-ng");

/** The real library, and models that it takes for real ones; what real ones sound like is not seen here. */
describe.skipIf(!isInstalled)("neural voices", () => {
  let voicesDir: string;
  let systemRules: string | undefined;
  beforeAll(async () => {
    voicesDir = await mkdtemp(join(tmpdir(), "voices-"));
    await writeToyVoice(voicesDir, "vits-piper-en_US-toy-low");
    const espeak = await startEspeak();
    if ("problem" in espeak) throw new Error(espeak.problem);
    systemRules = espeak.rulesDir;
    await espeak.close();
  });
  afterAll(() => rm(voicesDir, { recursive: true }));

  async function started(options: Partial<SherpaOptions> = {}): Promise<SherpaEngine> {
    const engine = await startSherpa({ voicesDir, systemRules, ...options });
    if ("problem" in engine) throw new Error(engine.problem);
    return engine;
  }

  describe("a model in Piper's form", () => {
    engineConformance({ start: started, voice: "en_US-toy-low", keepsProcesses: 1 });
  });

  describe("a model that is broken", () => {
    const cut = toyModel().subarray(0, 400);
    const broken = {
      "cut off": { model: cut },
      "no model at all": { model: randomBytes(5_000) },
      empty: { model: Buffer.alloc(0) },
      "without metadata": { model: toyModel().subarray(0, toyModel().indexOf("model_type") - 4) },
      "with other tokens": { tokens: "ab cd ef\n" },
      "without a beginning": { tokens: toyTokens.replace(/^\^ .*\n/mu, "") },
    };

    it.for(Object.entries(broken))(
      "%s costs one utterance, and the next voice speaks",
      async ([name, files]) => {
        const folder = name.replaceAll(" ", "-");
        await writeToyVoice(voicesDir, folder, files);
        const engine = await started();
        const spoken = engine.synthesise({ ...hello, voice: folder }, never);
        await expect(spoken).rejects.toMatchObject({ code: "speech_failed" });
        await expect(spoken).rejects.toThrow(`${folder} cannot be spoken: `);
        const { samples } = await engine.synthesise({ ...hello, voice: "en_US-toy-low" }, never);
        expect(samples.length).toBeGreaterThan(10_000);
        await engine.close();
        await rm(join(voicesDir, folder), { recursive: true });
      },
    );
  });

  it("come and go with their folders, and one that cannot be used says why", async () => {
    const engine = await started({ rescanMs: 0 });
    const ids = () => engine.voices.map(({ id }) => id);
    expect(ids()).toEqual(["en_US-toy-low"]);
    await writeToyVoice(voicesDir, "two", {
      description: { language: { code: "de_DE" }, speaker_id_map: { anna: 0, ben: 1 } },
    });
    await mkdir(join(voicesDir, "empty"));
    await mkdir(join(voicesDir, ".pull"));
    await engine.refresh();
    expect(ids()).toEqual(["two:anna", "two:ben", "en_US-toy-low"]);
    expect(engine.voices[0]).toEqual({ id: "two:anna", name: "anna (two)", languages: ["de-DE"] });
    expect(engine.problems()).toEqual(["empty cannot be used as a voice: it has no .onnx file"]);
    await Promise.all(["two", "empty"].map((name) => rm(join(voicesDir, name), { recursive: true })));
    await engine.refresh();
    expect(ids()).toEqual(["en_US-toy-low"]);
    await engine.close();
  });

  it("are looked for at most every ten seconds", async () => {
    const engine = await started();
    await writeToyVoice(voicesDir, "late");
    await engine.refresh();
    expect(engine.voices).toHaveLength(1);
    await engine.close();
    await rm(join(voicesDir, "late"), { recursive: true });
  });

  it("have another fingerprint, and sound anew, when a file of theirs is another", async () => {
    await writeToyVoice(voicesDir, "changing");
    const engine = await started({ rescanMs: 0 });
    const before = engine.fingerprint("changing");
    const length = async () =>
      (await engine.synthesise({ ...hello, voice: "changing" }, never)).samples.length;
    expect(await length()).toBeGreaterThan(0);
    await writeFile(join(voicesDir, "changing", "model.onnx"), toyModel().subarray(0, 400));
    await engine.refresh();
    expect(engine.fingerprint("changing")).not.toBe(before);
    await expect(length()).rejects.toMatchObject({ code: "speech_failed" });
    await engine.close();
    await rm(join(voicesDir, "changing"), { recursive: true });
  });

  it("leave memory when they have been silent for long, and when another takes their room", async () => {
    await writeToyVoice(voicesDir, "other");
    const idle = await started({ idleMs: 50 });
    const before = childProcesses();
    const ours = () => childProcesses().filter((pid) => !before.includes(pid));
    await idle.synthesise({ ...hello, voice: "other" }, never);
    expect(ours()).toHaveLength(1);
    await expect.poll(ours).toEqual([]);
    await idle.close();

    const small = await started({ maxModelBytes: 1 });
    await small.synthesise({ ...hello, voice: "other" }, never);
    const [first] = ours();
    await small.synthesise({ ...hello, voice: "other" }, never);
    expect(ours()).toEqual([first]);
    await small.synthesise({ ...hello, voice: "en_US-toy-low" }, never);
    expect(ours()).toHaveLength(1);
    expect(ours()).not.toEqual([first]);
    await small.close();
    await rm(join(voicesDir, "other"), { recursive: true });
  });

  it("fail when they take too long", async () => {
    const engine = await started({ deadlineMs: 1 });
    const spoken = engine.synthesise({ ...hello, voice: "en_US-toy-low" }, never);
    await expect(spoken).rejects.toThrow("en_US-toy-low cannot be spoken: it was not done within 0.001 s");
    await engine.close();
  });

  it("without espeak-ng's rules are a problem, and without a folder, none", async () => {
    const engine = await started({ systemRules: undefined });
    expect(engine.problems()).toEqual([expect.stringContaining("espeak-ng is not installed")]);
    const nowhere = await started({ voicesDir: "/nowhere" });
    expect([nowhere.voices, nowhere.problems()]).toEqual([[], []]);
    await Promise.all([engine.close(), nowhere.close()]);
  });
});
