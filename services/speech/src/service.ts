import { portOf } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { AppError } from "@benchai/contract/errors";
import { BullDispatcher } from "@benchai/jobs/bull-dispatcher";
import type { Dispatcher } from "@benchai/jobs/job";
import { createMetrics } from "@benchai/kernel/metrics";
import type { RunningService } from "@benchai/kernel/service";

import { buildApp } from "./app.ts";
import { AudioJobs } from "./audio-jobs.ts";
import { audioEncodings } from "./core/audio-encodings.ts";
import type { SpeechConfig } from "./edge/config.ts";
import { Ffmpegs } from "./edge/ffmpegs.ts";
import { PcmCache } from "./edge/pcm-cache.ts";
import { RouterLink } from "./edge/router-link.ts";
import { TranscriptionClient } from "./edge/transcription-client.ts";
import { type Engines, startEngines } from "./engines/index.ts";
import { measured } from "./measured-engine.ts";
import type { SpeechHealth } from "./routes/health.ts";
import type { SpokenChatDeps } from "./routes/spoken-chat.ts";
import type { TranscriptionDeps } from "./routes/transcriptions.ts";
import { Speaker } from "./speaker.ts";
import { SpeechDesk } from "./speech-desk.ts";
import { createSpeechMetrics } from "./speech-metrics.ts";
import { Transcriber } from "./transcribe.ts";

export type RunningSpeech = RunningService & { readonly port: number };

/** How long ffmpeg may make no progress on a recording. */
const decodeStallMs = 30_000;

const hourMs = 3_600_000;

/** Starts the service. Without any voice it stays up, to say so. `dispatcher` is valkey's queue unless a test brings its own. */
export async function startSpeech(
  config: SpeechConfig,
  log: Logger,
  dispatcher: () => Dispatcher = () => bullDispatcher(config, log),
): Promise<RunningSpeech> {
  const registry = createMetrics();
  const [started, cache] = await Promise.all([
    startEngines({ voicesDir: config.VOICES_DIR, log }),
    PcmCache.open(config.CACHE_DIR, { maxBytes: config.CACHE_MAX_BYTES }),
  ]);
  const speaker = new Speaker({ cache, maxSpeaking: config.MAX_SPEAKING, maxQueue: config.MAX_QUEUE });
  const metrics = createSpeechMetrics(registry, () => ({
    speaking: speaker.speaking,
    waiting: speaker.waiting,
  }));
  const ffmpegs = new Ffmpegs({ idleMs: config.FFMPEG_IDLE_S * 1_000 });
  ffmpegs.keepLasting(audioEncodings.mp3.ffmpegArgs);
  const engines = { ...started, list: started.list.map((engine) => measured(engine, metrics)) };
  const desk = new SpeechDesk(engines, speaker, metrics, ffmpegs);
  const jobs = await startJobs(config, desk, dispatcher, log);
  const router = new RouterLink(config.ROUTER_URL);
  let isDraining = false;
  const app = buildApp({
    log,
    metrics: registry,
    health: () => healthOf(engines, cache, jobs, isDraining),
    speech: {
      defaultVoice: config.DEFAULT_VOICE,
      speak: (order, signal) => desk.speak(order, signal),
      captions: (order, format, signal) => desk.captions(order, format, signal),
    },
    live: liveOf(config, desk, router),
    voices: { voices: () => desk.voices(), engines: desk.engines },
    transcriptions: transcriptionsOf(config, new TranscriptionClient(router)),
    jobs,
  });
  await app.listen({ port: config.PORT, host: "0.0.0.0" });
  return {
    port: portOf(app),
    async close() {
      isDraining = true;
      app.server.closeAllConnections();
      await app.close();
      if ("jobs" in jobs) await jobs.close();
      await Promise.all([engines.close(), cache.close(), router.close(), ffmpegs.close()]);
    },
  };
}

function bullDispatcher(
  { VALKEY_HOST: host, VALKEY_PORT: port, MAX_JOBS }: SpeechConfig,
  log: Logger,
): Dispatcher {
  return new BullDispatcher(
    { host, port, queueName: "speech-jobs", prefix: "speech", jobsAtOnce: MAX_JOBS },
    log,
  );
}

/** A disk that takes no jobs is no reason not to speak: then there is why. */
async function startJobs(
  config: SpeechConfig,
  desk: SpeechDesk,
  dispatcher: () => Dispatcher,
  log: Logger,
): Promise<AudioJobs | { readonly problem: AppError }> {
  const options = {
    folder: config.JOBS_DIR === "" ? `${config.CACHE_DIR}-jobs` : config.JOBS_DIR,
    maxWaiting: config.MAX_JOBS_WAITING,
    maxBytes: config.RESULTS_MAX_BYTES,
    maxAgeMs: config.RESULTS_MAX_AGE_H * hourMs,
    defaultVoice: config.DEFAULT_VOICE,
  };
  try {
    return await AudioJobs.start(options, desk, dispatcher, log);
  } catch (error) {
    log.error({ err: error }, "there are no jobs");
    const problem = "jobs cannot be kept; the log of the speech service says why";
    return { problem: error instanceof AppError ? error : new AppError("storage_unavailable", problem) };
  }
}

function liveOf(config: SpeechConfig, desk: SpeechDesk, router: RouterLink): SpokenChatDeps {
  return {
    defaultVoice: config.DEFAULT_VOICE,
    idleMs: config.LIVE_IDLE_S * 1_000,
    router,
    assertVoice: (order) => desk.assertVoice(order),
    speakLive: (order, parts, signal) => desk.speakLive(order, parts, signal),
  };
}

function transcriptionsOf(config: SpeechConfig, client: TranscriptionClient): TranscriptionDeps {
  const decoder = { ffmpeg: "ffmpeg", maxAudioS: config.MAX_AUDIO_S, stallMs: decodeStallMs };
  return {
    transcriber: new Transcriber({ client, decoder, model: config.TRANSCRIBE_MODEL }),
    maxUploadBytes: config.MAX_UPLOAD_BYTES,
    maxAtOnce: config.MAX_TRANSCRIBING,
  };
}

function healthOf(
  engines: Engines,
  cache: PcmCache,
  jobs: AudioJobs | { readonly problem: AppError },
  isDraining: boolean,
): SpeechHealth {
  const hasVoice = engines.list.some(({ voices }) => voices.length > 0);
  return {
    ready: hasVoice && !isDraining,
    reasons: [
      ...(isDraining ? ["shutting down"] : []),
      ...(hasVoice ? [] : ["no voice is installed"]),
      ...engines.problems(),
      ...jobReasons(jobs),
      ...(cache.problem === undefined ? [] : [`the cache is not used: ${cache.problem}`]),
    ],
  };
}

function jobReasons(jobs: AudioJobs | { readonly problem: AppError }): readonly string[] {
  if ("problem" in jobs) return [`there are no jobs: ${jobs.problem.message}`];
  return jobs.jobs.isQueueConnected ? [] : ["the job queue (valkey) is away: jobs wait, all else works"];
}
