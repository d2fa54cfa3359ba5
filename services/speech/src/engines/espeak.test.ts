import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, test } from "vitest";

import { engineConformance } from "../../test/engine-conformance.ts";
import { startEspeak } from "./espeak.ts";

describe("espeak-ng", () => {
  engineConformance({ start: () => startEspeak(), voice: "en-us" });
});

const utterance = { text: "Hello", voice: "en-us", speed: 1 };
const patient = new AbortController().signal;

/** A program that says what espeak-ng says of itself, and then does this. */
function programThat(deed: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "espeak-")), "espeak");
  const about = `case $1 in --version) echo 'eSpeak NG text-to-speech: 9.9';; --voices) echo ' 5  en-us  --/M  English  gmw/en-US';; *) ${deed};; esac`;
  writeFileSync(path, `#!/bin/sh\n${about}\n`);
  chmodSync(path, 0o755);
  return path;
}

it.each([
  ["ends with an error", "echo no data >&2; exit 3", /ended with 3: no data/u],
  ["is killed", "kill -9 $$", /ended with SIGKILL/u],
  ["says something else than sound", "echo hello, this is no sound", /no WAV stream/u],
])("a program that %s fails the utterance with the reason", async (_what, deed, message) => {
  const engine = await startEspeak({ program: programThat(deed) });
  await expect(engine.synthesise(utterance, patient)).rejects.toMatchObject({
    code: "speech_failed",
    message: expect.stringMatching(message),
  });
});

test("a program that hangs is ended after its deadline", async () => {
  const engine = await startEspeak({ program: programThat("exec sleep 60"), deadlineMs: 200 });
  const startedMs = performance.now();
  await expect(engine.synthesise(utterance, patient)).rejects.toMatchObject({ code: "speech_failed" });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test("without the program there is a reason", async () => {
  await expect(startEspeak({ program: "/nowhere/espeak-ng" })).rejects.toMatchObject({
    code: "speech_unavailable",
  });
});

test("an utterance in another language is said by a voice of it", async () => {
  const engine = await startEspeak();
  const text = "Guten Tag, liebe Hörer";
  const german = await engine.synthesise({ ...utterance, text, voice: "de" }, patient);
  expect((await engine.synthesise({ ...utterance, text, language: "de" }, patient)).samples).toEqual(
    german.samples,
  );
  expect((await engine.synthesise({ ...utterance, text }, patient)).samples).not.toEqual(german.samples);
});
