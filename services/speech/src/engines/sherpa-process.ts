import { AppError } from "@benchai/contract/errors";

import { Gate } from "../edge/gate.ts";
import { EngineProcess } from "./engine-process.ts";
import type { SherpaAnswer, SherpaRequest } from "./sherpa-child.ts";
import type { LoadableModel } from "./voice-library.ts";

export type SherpaProcessOptions = {
  /** For one utterance, loading its model included. */
  readonly deadlineMs: number;
  /** So long after the last utterance the process ends, and its memory is free. */
  readonly idleMs: number;
  /** Of the files of the models that it keeps; one model may be larger. */
  readonly maxModelBytes: number;
};
export type SherpaCall = Omit<SherpaRequest, "key" | "config"> & {
  readonly model: LoadableModel;
  readonly voice: string;
};

const program = new URL("sherpa-child.ts", import.meta.url);
/** Nice value: a model takes every core for a while, and gives way to whatever answers somebody. */
const niceness = 5;

/** The process in which models speak. A model cannot be told to stop: an abort ends it. */
export class SherpaProcess {
  readonly #options: SherpaProcessOptions;
  readonly #process: EngineProcess<SherpaRequest, SherpaAnswer>;
  /** Bytes of each model that the process has loaded. */
  readonly #loaded = new Map<string, number>();
  readonly #gate = new Gate(1, Infinity, "sentences");

  constructor(options: SherpaProcessOptions) {
    this.#options = options;
    const onEnd = () => this.#loaded.clear();
    this.#process = new EngineProcess({ program, idleMs: options.idleMs, niceness, onEnd });
  }

  /** One utterance after the other. Errors: `speech_failed`, and the signal's reason. */
  say(call: SherpaCall, signal: AbortSignal): Promise<Int16Array> {
    return this.#gate.run(signal, "first", () => this.#say(call, signal));
  }

  /** Ends the process and waits until it is gone. */
  end(): Promise<void> {
    return this.#process.end();
  }

  async #say({ model, voice, ...request }: SherpaCall, signal: AbortSignal): Promise<Int16Array> {
    signal.throwIfAborted();
    await this.#makeRoomFor(model);
    const { key, config } = model;
    const said = await this.#process.ask({ ...request, key, config }, this.#options.deadlineMs, signal);
    if ("samples" in said) return said.samples;
    throw new AppError("speech_failed", `${voice} cannot be spoken: ${said.problem}`);
  }

  /** Models do not give their memory back: the process does. */
  async #makeRoomFor({ key, bytes }: LoadableModel): Promise<void> {
    const total = [...this.#loaded.values()].reduce((sum, each) => sum + each, bytes);
    if (!this.#loaded.has(key) && total > this.#options.maxModelBytes) await this.#process.end();
    this.#loaded.set(key, bytes);
  }
}
