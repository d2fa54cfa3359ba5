import type { Spoken } from "../core/pcm.ts";
import type { EngineVoice } from "../core/voice.ts";

export type { EngineVoice };

export type Utterance = {
  /** Plain words, one sentence or less, without control characters; never empty. */
  readonly text: string;
  readonly voice: string;
  /** 1 is the voice's own speed; 0.0625 to 16, and an engine takes the nearest that it can. */
  readonly speed: number;
  /** BCP 47, where it is not the voice's first language: an engine that has no such voice says it with this one. */
  readonly language?: string;
  readonly ipa?: string;
};

/** Turns sentences into sound. All of an engine's work is done outside this process's event loop. */
export type Engine = {
  /** As clients name it in `model`, and part of the cache's key. */
  readonly name: string;
  /** Every voice that is installed; empty when there is none. */
  readonly voices: readonly EngineVoice[];
  /** How many utterances it says at a time. */
  readonly concurrency: number;
  /** Other than before whenever the same utterance could sound otherwise: version of the program, model file, settings. */
  fingerprint(voice: string): string;
  /**
   * The whole utterance. Errors: `speech_failed` when the engine broke on it (the next engine may do), `shutting_down`.
   * An abort stops the work within 100 ms and rejects with the signal's reason.
   */
  synthesise(utterance: Utterance, signal: AbortSignal): Promise<Spoken>;
  close(): Promise<void>;
};
