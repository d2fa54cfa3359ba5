import { createRequire } from "node:module";
import { availableParallelism } from "node:os";

import { AppError } from "@benchai/contract/errors";

import type { Spoken } from "../core/pcm.ts";
import { resamplerVersion } from "../core/resample.ts";
import type { Engine, EngineVoice, Utterance } from "./engine.ts";
import { SherpaProcess, type SherpaProcessOptions } from "./sherpa-process.ts";
import { scanVoices, type VoiceLibrary } from "./voice-library.ts";

export type SherpaOptions = Partial<SherpaProcessOptions> & {
  /** A folder of folders, one for each voice. */
  readonly voicesDir: string;
  /** Where espeak-ng's pronunciation rules are, for the many voices without their own. */
  readonly systemRules: string | undefined;
  /** How long a look at the folder is good for. */
  readonly rescanMs?: number;
};

/** Voices come and go while it runs. */
export type SherpaEngine = Engine & {
  /** Folders that hold no voice that can be used, and why. */
  problems(): readonly string[];
  refresh(): Promise<void>;
};

const packageName = "sherpa-onnx-node";
/** What models were made for; beyond, they mumble. */
const [slowest, fastest] = [0.25, 4];
/** More do not help with a sentence. */
const maxThreads = 4;
const defaults = { deadlineMs: 120_000, idleMs: 300_000, maxModelBytes: 419_430_400, rescanMs: 10_000 };

/** Neural voices: models that sherpa-onnx reads, in a process of their own. */
export async function startSherpa(
  options: SherpaOptions,
): Promise<SherpaEngine | { readonly problem: string }> {
  const version = versionInstalled();
  if (version === undefined)
    return {
      problem: `neural voices cannot be spoken: ${packageName} has no program for ${process.platform} on ${process.arch}`,
    };
  const engine = new Sherpa(version, { ...defaults, ...options });
  await engine.refresh();
  return engine;
}

class Sherpa implements SherpaEngine {
  readonly name = "sherpa-onnx";
  /** A model takes the machine's cores for one utterance. */
  readonly concurrency = 1;
  readonly #version: string;
  readonly #options: Required<SherpaOptions>;
  readonly #process: SherpaProcess;
  readonly #closing = new AbortController();
  #library: VoiceLibrary = { voices: new Map(), problems: [] };
  #voices: readonly EngineVoice[] = [];
  #scannedMs = -Infinity;
  #scanning: Promise<void> | undefined;

  constructor(version: string, options: Required<SherpaOptions>) {
    this.#version = version;
    this.#options = options;
    this.#process = new SherpaProcess(options);
  }

  get voices(): readonly EngineVoice[] {
    return this.#voices;
  }

  problems(): readonly string[] {
    return this.#library.problems;
  }

  /** Looks at the folder, unless somebody just has. */
  refresh(): Promise<void> {
    if (performance.now() - this.#scannedMs < this.#options.rescanMs) return Promise.resolve();
    this.#scanning ??= this.#scan().finally(() => (this.#scanning = undefined));
    return this.#scanning;
  }

  fingerprint(voice: string): string {
    const files = this.#library.voices.get(voice)?.fingerprint ?? "gone";
    return `sherpa-onnx-${this.#version}/${resamplerVersion}/${files}`;
  }

  async synthesise({ text, voice, speed }: Utterance, signal: AbortSignal): Promise<Spoken> {
    const either = AbortSignal.any([signal, this.#closing.signal]);
    either.throwIfAborted();
    const found = this.#library.voices.get(voice);
    if (!found) throw new AppError("speech_failed", `There is no neural voice ${voice}.`);
    const { model, at } = found;
    const threads = Math.min(maxThreads, availableParallelism());
    const possible = Math.min(fastest, Math.max(slowest, speed));
    const samples = await this.#process.say({ model, voice, threads, text, at, speed: possible }, either);
    return { samples };
  }

  async close(): Promise<void> {
    this.#closing.abort(new AppError("shutting_down", "The speech service is shutting down."));
    await this.#process.end();
  }

  async #scan(): Promise<void> {
    this.#library = await scanVoices(this.#options.voicesDir, this.#options.systemRules);
    this.#voices = [...this.#library.voices.values()].map(({ voice }) => voice);
    this.#scannedMs = performance.now();
  }
}

/** The package's version, if there is a program in it for this machine. */
function versionInstalled(): string | undefined {
  const { resolve } = createRequire(import.meta.url);
  const system = process.platform === "win32" ? "win" : process.platform;
  try {
    resolve(`sherpa-onnx-${system}-${process.arch}/sherpa-onnx.node`);
    const about: unknown = createRequire(import.meta.url)(`${packageName}/package.json`);
    return typeof about === "object" && about && "version" in about ? String(about.version) : undefined;
  } catch {
    return undefined;
  }
}
