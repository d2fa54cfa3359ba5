import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

import { AppError } from "@benchai/contract/errors";

import { plainForEspeak, wordsPerMinute } from "../core/espeak-text.ts";
import { type EspeakVoice, fileFor, parseVoices } from "../core/espeak-voices.ts";
import { joinedSamples } from "../core/joined-samples.ts";
import { sampleRateHz, type Spoken } from "../core/pcm.ts";
import { Resampler, resamplerVersion } from "../core/resample.ts";
import { WavReader } from "../core/wav-reader.ts";
import type { Engine, EngineVoice, Utterance } from "./engine.ts";
import { runProgram } from "./run-program.ts";

export type EspeakOptions = {
  readonly program?: string;
  /** For one utterance. */
  readonly deadlineMs?: number;
  /** The longest sound of one utterance: what is longer fails. */
  readonly maxAudioS?: number;
};

export type EspeakEngine = Engine & {
  /** Where its pronunciation rules are, which neural voices use as well. */
  readonly rulesDir: string;
};

const start = promisify(execFile);
const startDeadlineMs = 10_000;
/** `eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/x86_64-linux-gnu/espeak-ng-data`. */
const about = /text-to-speech: (?<version>\S+).*Data at: (?<rulesDir>\/.*)/u;
type About = { readonly version: string; readonly rulesDir: string };
/** Other than before whenever what `arguments` or `plainForEspeak` do has changed. */
const settingsVersion = 1;

/**
 * espeak-ng, a process for each utterance: a text that breaks it, or one that somebody no longer wants, costs a process and
 * nothing else. It has no timings of words for us, since its program tells none.
 */
export async function startEspeak(
  options: EspeakOptions = {},
): Promise<EspeakEngine | { readonly problem: string }> {
  const { program = "espeak-ng" } = options;
  const env = environment();
  try {
    const ask = (arg: string) =>
      start(program, [arg], { env, timeout: startDeadlineMs, maxBuffer: 1_048_576 });
    const [{ stdout: said }, { stdout: listing }] = await Promise.all([ask("--version"), ask("--voices")]);
    const voices = parseVoices(listing);
    const { version, rulesDir } = about.exec(said)?.groups ?? {};
    if (voices.length === 0 || version === undefined || rulesDir === undefined)
      return { problem: `${program} lists no voices: ${said.trim()}` };
    return new Espeak(voices, { version, rulesDir }, { ...options, program });
  } catch (error) {
    return {
      problem: `${program} cannot be started: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

class Espeak implements EspeakEngine {
  readonly name = "espeak-ng";
  readonly concurrency = availableParallelism();
  readonly voices: readonly EngineVoice[];
  readonly rulesDir: string;
  readonly #voices: readonly EspeakVoice[];
  readonly #version: string;
  readonly #options: Required<EspeakOptions>;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(voices: readonly EspeakVoice[], { version, rulesDir }: About, options: EspeakOptions) {
    this.#voices = voices;
    this.#version = version;
    this.rulesDir = rulesDir;
    this.#options = { program: "espeak-ng", deadlineMs: 30_000, maxAudioS: 600, ...options };
    this.voices = voices.map(({ id, name, languages, gender }) => ({
      id,
      name,
      languages: languages.map(({ tag }) => tag),
      gender,
    }));
  }

  fingerprint(voice: string): string {
    return `espeak-ng-${this.#version}/${settingsVersion}.${resamplerVersion}/${voice}`;
  }

  async synthesise(utterance: Utterance, signal: AbortSignal): Promise<Spoken> {
    const own = this.#voices.find(({ id }) => id === utterance.voice);
    if (!own) throw new AppError("speech_failed", `espeak-ng has no voice ${utterance.voice}.`);
    const file = fileFor(own, utterance.language, this.#voices);
    const sound = new Sound(this.#options.maxAudioS);
    const speed = String(wordsPerMinute(utterance.speed));
    const run = runProgram(
      {
        program: this.#options.program,
        // The text comes by the standard input: an argument would be seen in the list of processes, and read as an option.
        args: ["-v", file, "-s", speed, "-b", "1", "--stdin", "--stdout"],
        env: environment(),
        input: plainForEspeak(utterance.text),
        onOutput: (bytes) => sound.push(bytes),
        deadlineMs: this.#options.deadlineMs,
      },
      AbortSignal.any([signal, this.#closing.signal]),
    );
    this.#running.add(run);
    try {
      await run;
    } finally {
      this.#running.delete(run);
    }
    return { samples: sound.end() };
  }

  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "The speech service is shutting down."));
    await Promise.allSettled(this.#running);
  }
}

/** What the program says, at our rate. Errors: `speech_failed` for too much of it, or what is no sound. */
class Sound {
  readonly #reader = new WavReader();
  readonly #chunks: Int16Array[] = [];
  readonly #maxSamples: number;
  #resampler: Resampler | undefined;
  #samples = 0;

  constructor(maxAudioS: number) {
    this.#maxSamples = maxAudioS * sampleRateHz;
  }

  push(bytes: Uint8Array): void {
    const samples = this.#read(bytes);
    if (this.#reader.rateHz === undefined) return;
    this.#resampler ??= new Resampler(this.#reader.rateHz, sampleRateHz);
    const chunk = this.#resampler.push(samples);
    this.#samples += chunk.length;
    if (this.#samples > this.#maxSamples)
      throw new AppError(
        "speech_failed",
        `espeak-ng spoke for more than ${this.#maxSamples / sampleRateHz} s.`,
      );
    this.#chunks.push(chunk);
  }

  end(): Int16Array {
    if (!this.#resampler) throw new AppError("speech_failed", "espeak-ng said nothing.");
    return joinedSamples([...this.#chunks, this.#resampler.end()]);
  }

  #read(bytes: Uint8Array): Int16Array {
    try {
      return this.#reader.push(bytes);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new AppError("speech_failed", `espeak-ng's sound cannot be read: ${what}.`, { cause });
    }
  }
}

/** Nothing of our own environment that it does not need. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, ESPEAK_DATA_PATH } = process.env;
  return { PATH, ...(ESPEAK_DATA_PATH !== undefined && { ESPEAK_DATA_PATH }) };
}
