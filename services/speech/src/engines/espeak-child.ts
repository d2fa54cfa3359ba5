import { writeFileSync } from "node:fs";

import type { EspeakRow } from "../core/espeak-voices.ts";
import { joinedSamples } from "../core/joined-samples.ts";
import { durationMs, sampleRateHz, type Spoken } from "../core/pcm.ts";
import { Resampler } from "../core/resample.ts";
import { type SpeechMark, wordTimes } from "../core/word-times.ts";
import { stopMessage } from "./engine-process.ts";
import { type EspeakLibrary, openEspeak } from "./espeak-library.ts";

/** An utterance, or, without one, what there is. */
export type EspeakRequest = { readonly say?: EspeakUtterance };
type EspeakUtterance = {
  readonly text: string;
  /** The voice's, below espeak's folder of voices. */
  readonly file: string;
  readonly wpm: number;
  /** The longest sound of one utterance: what is longer fails. */
  readonly maxAudioS: number;
};
export type EspeakAnswer = EspeakAbout | Required<Spoken> | { readonly problem: string };
export type EspeakAbout = {
  readonly version: string;
  readonly rulesDir: string;
  readonly rows: readonly EspeakRow[];
};

/** The process in which espeak-ng's library speaks, one utterance at a time: what breaks it ends this process alone. */
const opened = open(process.argv[2] ?? "");
let isStopped = false;

// When memory is short, this process goes rather than the service.
try {
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // Not Linux, or not allowed: it goes on without.
}

process.on("message", (request: EspeakRequest | typeof stopMessage) => {
  if (request === stopMessage) isStopped = true;
  // Not awaited: a message has nobody to wait, and `answer` fails never.
  else void answer(request).then((said) => process.send?.(said));
});
// Whatever it is doing is for nobody now.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

function open(file: string): EspeakLibrary | { readonly problem: string } {
  try {
    const library = openEspeak(file);
    // Its taps take a while the first time.
    new Resampler(library.rateHz, sampleRateHz).end();
    return library;
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

async function answer({ say }: EspeakRequest): Promise<EspeakAnswer> {
  isStopped = false;
  if ("problem" in opened) return opened;
  if (!say) return { version: opened.version, rulesDir: opened.rulesDir, rows: opened.voices() };
  try {
    return await spoken(opened, say);
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

async function spoken(library: EspeakLibrary, say: EspeakUtterance): Promise<Required<Spoken>> {
  const resampler = new Resampler(library.rateHz, sampleRateHz);
  const chunks: Int16Array[] = [];
  const marks: SpeechMark[] = [];
  let leftSamples = say.maxAudioS * library.rateHz;
  await library.say(say.text, say.file, say.wpm, (samples, some) => {
    leftSamples -= samples.length;
    if (isStopped || leftSamples < 0) return false;
    chunks.push(resampler.push(samples));
    marks.push(...some);
    return true;
  });
  if (leftSamples < 0) throw new Error(`it spoke for more than ${say.maxAudioS} s`);
  const samples = joinedSamples([...chunks, resampler.end()]);
  return { samples, words: wordTimes(say.text, marks, durationMs(samples.length)) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
