import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";
import type { AudioJobKind, AudioJobResult } from "@benchai/contract/jobs";
import { SpeechRequest } from "@benchai/contract/speech";
import type { JobHandler, JobProgress } from "@benchai/jobs/job";

import { audioEncodings } from "./core/audio-encodings.ts";
import { durationMs } from "./core/pcm.ts";
import { type SpeechOrder, speechOrder } from "./core/speech-order.ts";
import { encode } from "./edge/encoder.ts";
import { Ffmpegs } from "./edge/ffmpegs.ts";
import type { ResultFile } from "./edge/result-file.ts";
import type { ResultFolder } from "./edge/result-folder.ts";
import { type SpeechDesk, timesOf } from "./speech-desk.ts";
import type { SpokenPart } from "./speaker.ts";

export type SpeechJobDeps = {
  readonly desk: Pick<SpeechDesk, "countSentences" | "speakJob">;
  readonly results: ResultFolder;
  readonly defaultVoice: string;
};

/** Started for each job, and behind everything that somebody waits for. */
const patient = new Ffmpegs({ idleMs: 0, niceness: 15 });

/** Speaks a text to a file. After an interruption it begins again: what was said is in the cache. */
export function speechJob({ desk, results, defaultVoice }: SpeechJobDeps): JobHandler<AudioJobKind> {
  return async ({ id, payload }, { signal, report }) => {
    const order = orderOf(payload, defaultVoice);
    const total = await desk.countSentences(order, signal);
    const file = await results.create(id);
    try {
      const said = new Said(file, total, report);
      const samples = said.samples(desk.speakJob(order, signal));
      for await (const chunk of encode(order.format, samples, signal, { ffmpegs: patient }))
        await file.write(chunk);
      signal.throwIfAborted();
      const bytes = await results.publish(id, file, order.format, said.totalSamples);
      return resultOf(order, said, bytes);
    } catch (error) {
      await file.discard();
      throw error;
    }
  };
}

function resultOf({ format }: SpeechOrder, { seconds, engines }: Said, bytes: number): AudioJobResult {
  const { contentType } = audioEncodings[format];
  return { audio_seconds: seconds, format, content_type: contentType, bytes, engines: [...engines] };
}

function orderOf(payload: unknown, defaultVoice: string): SpeechOrder {
  if (Value.Check(SpeechRequest, payload) && (payload.input ?? payload.text) !== undefined)
    return speechOrder(payload, defaultVoice);
  throw new AppError("invalid_request", "the text of this job is not kept any more; send it again");
}

/** What a job has said so far: its times go to the file, its progress to who asks. */
class Said {
  readonly engines = new Set<string>();
  readonly #file: ResultFile;
  readonly #total: number;
  readonly #report: (progress: JobProgress) => void;
  #sentences = 0;
  totalSamples = 0;

  constructor(file: ResultFile, total: number, report: (progress: JobProgress) => void) {
    this.#file = file;
    this.#total = total;
    this.#report = report;
  }

  /** How much sound there is, in s. */
  get seconds(): number {
    return Math.round(durationMs(this.totalSamples)) / 1_000;
  }

  async *samples(parts: AsyncIterable<SpokenPart>): AsyncGenerator<Int16Array> {
    for await (const part of parts) {
      this.engines.add(part.engine);
      this.totalSamples += part.samples.length;
      if (part.text !== "") {
        this.#sentences += 1;
        await this.#file.note(timesOf(part));
      }
      this.#tell();
      yield part.samples;
    }
  }

  #tell(): void {
    this.#report({
      done: this.#sentences,
      total: this.#total,
      message: `${this.seconds.toFixed(1)} s of sound`,
      partial: { audio_seconds: this.seconds } satisfies AudioJobResult,
    });
  }
}
