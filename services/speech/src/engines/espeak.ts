import { AppError } from "@benchai/contract/errors";

import { plainForEspeak, wordsPerMinute } from "../core/espeak-text.ts";
import { type EspeakVoice, espeakVoices, fileFor } from "../core/espeak-voices.ts";
import type { Spoken } from "../core/pcm.ts";
import { resamplerVersion } from "../core/resample.ts";
import { Gate } from "../edge/gate.ts";
import type { Engine, EngineVoice, Utterance } from "./engine.ts";
import { EngineProcess, type Problem } from "./engine-process.ts";
import type { EspeakAbout, EspeakAnswer, EspeakRequest } from "./espeak-child.ts";

export type EspeakOptions = {
  readonly library?: string;
  /** For one utterance. */
  readonly deadlineMs?: number;
  /** The longest sound of one utterance: what is longer fails. */
  readonly maxAudioS?: number;
  /** So long after its last utterance a process ends. */
  readonly idleMs?: number;
};

export type EspeakEngine = Engine & {
  /** Where its pronunciation rules are, which neural voices use as well. */
  readonly rulesDir: string;
};

const program = new URL("espeak-child.ts", import.meta.url);
const library = process.platform === "darwin" ? "libespeak-ng.1.dylib" : "libespeak-ng.so.1";
const defaults = { library, deadlineMs: 30_000, maxAudioS: 600, idleMs: 300_000 };
/** How many processes there are at most. A sentence takes some 10 ms, so that more would only cost memory. */
const concurrency = 2;
/** The library looks after each 200 ms of sound, which it makes in less than 1 ms, whether it is to stop. */
const stopMs = 80;
/** Other than before whenever the same utterance would sound otherwise, or is told of otherwise. */
const settingsVersion = 2;
const startDeadlineMs = 10_000;
const never = new AbortController().signal;

/**
 * espeak-ng by its library, in processes of its own: a text that breaks one costs a sentence. One process is started at once, so that
 * the first sentence need not wait for it.
 */
export async function startEspeak(options: EspeakOptions = {}): Promise<EspeakEngine | Problem> {
  const all = { ...defaults, ...options };
  const first = processOf(all);
  const about = await first.ask({}, startDeadlineMs, never);
  if ("rows" in about && about.rows.length > 0) return new Espeak(about, all, first);
  await first.end();
  const why = "problem" in about ? about.problem : "it has no voices";
  return { problem: `${all.library} cannot be used: ${why}. It is in Debian's package libespeak-ng1.` };
}

type Process = EngineProcess<EspeakRequest, EspeakAnswer>;

function processOf({ library: file, idleMs }: typeof defaults): Process {
  return new EngineProcess({ program, args: [file], idleMs, stopMs });
}

class Espeak implements EspeakEngine {
  readonly name = "espeak-ng";
  readonly concurrency = concurrency;
  readonly voices: readonly EngineVoice[];
  readonly rulesDir: string;
  readonly #voices: readonly EspeakVoice[];
  readonly #version: string;
  readonly #options: typeof defaults;
  readonly #gate = new Gate(concurrency, Infinity, "sentences");
  readonly #processes: readonly Process[];
  /** The one that spoke last is the next to speak: the others may fall idle. */
  readonly #free: Process[];
  readonly #closing = new AbortController();

  constructor({ version, rulesDir, rows }: EspeakAbout, options: typeof defaults, first: Process) {
    this.#voices = espeakVoices(rows);
    this.#version = version;
    this.rulesDir = rulesDir;
    this.#options = options;
    this.#processes = [...Array.from({ length: concurrency - 1 }, () => processOf(options)), first];
    this.#free = [...this.#processes];
    this.voices = this.#voices.map(({ id, name, languages, gender }) => ({
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
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    const own = this.#voices.find(({ id }) => id === utterance.voice);
    if (!own) throw failed(`there is no voice ${utterance.voice}`);
    const say = {
      text: plainForEspeak(utterance.text),
      file: fileFor(own, utterance.language, this.#voices),
      wpm: wordsPerMinute(utterance.speed),
      maxAudioS: this.#options.maxAudioS,
    };
    const said = await this.#gate.run(either, "first", () => this.#ask({ say }, either));
    if ("samples" in said) return said;
    throw failed("problem" in said ? said.problem : "it did not speak");
  }

  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "The speech service is shutting down."));
    await Promise.all(this.#processes.map((each) => each.end()));
  }

  async #ask(request: EspeakRequest, signal: AbortSignal): Promise<EspeakAnswer> {
    // The gate lets in as many as there are.
    const one = this.#free.pop();
    if (!one) throw failed("no process is free");
    try {
      return await one.ask(request, this.#options.deadlineMs, signal);
    } finally {
      this.#free.push(one);
    }
  }
}

function failed(why: string): AppError {
  return new AppError("speech_failed", `espeak-ng cannot say it: ${why}.`);
}
