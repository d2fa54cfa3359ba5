import type { Registry } from "prom-client";

import type { AppError } from "@benchai/contract/errors";
import { maxInputChars } from "@benchai/contract/speech";
import { type App, createApp } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { metricsRoute } from "@benchai/kernel/metrics";

import { type AudioJobDeps, audioJobRoutes } from "./routes/jobs.ts";
import { healthRoutes, type SpeechHealth } from "./routes/health.ts";
import { liveRoutes } from "./routes/live.ts";
import { type SpeechDeps, speechRoutes } from "./routes/speech.ts";
import { speechStreamRoutes } from "./routes/speech-stream.ts";
import { type SpokenChatDeps, spokenChatRoutes } from "./routes/spoken-chat.ts";
import { type TranscriptionDeps, transcriptionRoutes } from "./routes/transcriptions.ts";
import { type VoiceDeps, voiceRoutes } from "./routes/voices.ts";

/** What the routes of `/v1/audio` call. */
export type AudioDeps = {
  readonly speech: SpeechDeps;
  readonly live: SpokenChatDeps;
  readonly voices: VoiceDeps;
  readonly transcriptions: TranscriptionDeps;
  readonly jobs: AudioJobDeps | { readonly problem: AppError };
};

export type AppDeps = AudioDeps & {
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: () => SpeechHealth;
};

/** A character in JSON may take six bytes (`\u0000`); the rest of a request is small. */
const bodyLimitBytes = maxInputChars * 6 + 65_536;

/** The HTTP side; it does not listen. */
export function buildApp({ log, metrics, health, ...audio }: AppDeps): App {
  const app = createApp({ log, bodyLimitBytes });
  // A text that is still being written may take its time; each silence in it is bounded where it is read.
  app.server.requestTimeout = 0;
  healthRoutes(app, health);
  metricsRoute(app, metrics);
  audioRoutes(app, audio);
  return app;
}

/** Every route that clients reach. */
export function audioRoutes(app: App, { speech, live, voices, transcriptions, jobs }: AudioDeps): void {
  speechRoutes(app, speech);
  liveRoutes(app, live);
  speechStreamRoutes(app, live);
  spokenChatRoutes(app, live);
  voiceRoutes(app, voices);
  transcriptionRoutes(app, transcriptions);
  audioJobRoutes(app, jobs);
}
