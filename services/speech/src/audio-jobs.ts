import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";
import { type AudioFormat, audioFormats, type SpeechRequest } from "@benchai/contract/speech";
import type { AudioJobKind, AudioJobView } from "@benchai/contract/jobs";
import { type Dispatcher, isFinal } from "@benchai/jobs/job";
import { Jobs } from "@benchai/jobs/jobs";
import type { Logger } from "@benchai/kernel/log";

import { audioEncodings } from "./core/audio-encodings.ts";
import { type CaptionFormat, captions } from "./core/captions.ts";
import { speechOrder } from "./core/speech-order.ts";
import type { FileAnswer } from "./edge/file-response.ts";
import { JobDatabase } from "./edge/job-database.ts";
import { ResultFolder, type ResultOptions } from "./edge/result-folder.ts";
import type { SpeechDesk } from "./speech-desk.ts";
import { speechJob } from "./speech-job.ts";

export type AudioJobsOptions = ResultOptions & {
  readonly folder: string;
  readonly maxWaiting: number;
  readonly defaultVoice: string;
};

const expireEveryMs = 600_000;

/** Long texts that are spoken to files: rows, results and who works on them. */
export class AudioJobs {
  readonly jobs: Jobs<AudioJobKind>;
  readonly #database: JobDatabase;
  readonly #results: ResultFolder;
  readonly #desk: SpeechDesk;
  readonly #defaultVoice: string;
  readonly #expiry: NodeJS.Timeout;

  private constructor(
    database: JobDatabase,
    results: ResultFolder,
    desk: SpeechDesk,
    jobs: Jobs<AudioJobKind>,
    defaultVoice: string,
  ) {
    this.#database = database;
    this.#results = results;
    this.#desk = desk;
    this.jobs = jobs;
    this.#defaultVoice = defaultVoice;
    this.#expiry = setInterval(() => void results.expire().catch(() => undefined), expireEveryMs).unref();
  }

  /** Takes up what the last run of the service left, and begins to work. Errors: `storage_full`, `storage_unavailable`. */
  static async start(
    options: AudioJobsOptions,
    desk: SpeechDesk,
    dispatcher: () => Dispatcher,
    log: Logger,
  ): Promise<AudioJobs> {
    const { folder, maxWaiting, defaultVoice } = options;
    const database = new JobDatabase(folder, maxWaiting);
    const results = await ResultFolder.open(join(folder, "results"), options, (id) => database.isDone(id));
    const handlers = { speech: speechJob({ desk, results, defaultVoice }) };
    const jobs = new Jobs(database.store, dispatcher(), handlers, log);
    await jobs.start();
    return new AudioJobs(database, results, desk, jobs, defaultVoice);
  }

  /** A new job, or the one that waits to say the same. Errors: what can be known to be wrong with it now, `queue_full`. */
  create(owner: string, request: SpeechRequest): Promise<AudioJobView> {
    const order = speechOrder(request, this.#defaultVoice);
    this.#desk.assertSpeakable(order);
    // What is spoken shall not change when a setting does.
    const payload = { ...request, voice: order.voice };
    return this.jobs.create({ owner, kind: "speech", payload });
  }

  listJobs(call: Parameters<JobDatabase["listJobs"]>[0]): Promise<AudioJobView[]> {
    return this.#database.listJobs(call);
  }

  jobById(call: { owner: string; id: string }): Promise<AudioJobView> {
    return this.#database.jobById(call);
  }

  /** Errors: `not_found`, `job_not_done`, `result_gone`. */
  async sound(owner: string, id: string): Promise<FileAnswer> {
    const format = formatOf(await this.#done(owner, id));
    const found = await this.#results.find(id);
    if (!found) throw gone(id);
    return { ...found, contentType: audioEncodings[format].contentType, name: `${id}.${format}` };
  }

  /** Errors: as `sound` has them. */
  async captions(owner: string, id: string, format: CaptionFormat): Promise<string> {
    await this.#done(owner, id);
    const times = await this.#results.times(id);
    if (!times) throw gone(id);
    return captions(times, format);
  }

  /** Ends a job if it has not ended, and leaves nothing of it. */
  async remove(owner: string, id: string): Promise<void> {
    const call = { owner, id };
    if (!isFinal(await this.jobById(call))) {
      await this.jobs.cancel(owner, id);
      await this.jobs.settled(id);
    }
    await this.#database.deleteJob(call);
    await this.#results.delete(id);
  }

  /** Interrupts what runs; it goes on at the next start. */
  async close(): Promise<void> {
    clearInterval(this.#expiry);
    await this.jobs.close();
    this.#database.close();
  }

  async #done(owner: string, id: string): Promise<AudioJobView> {
    const view = await this.jobById({ owner, id });
    if (view.state === "done") return view;
    throw new AppError("job_not_done", `job ${id} is ${view.state}: there is no result yet`);
  }
}

function formatOf({ result }: AudioJobView): AudioFormat {
  const named =
    result !== null && typeof result === "object" && "format" in result ? result.format : undefined;
  return audioFormats.find((format) => format === named) ?? "mp3";
}

function gone(id: string): AppError {
  return new AppError(
    "result_gone",
    `the result of job ${id} was removed, to make room or for its age; send the text again`,
  );
}
