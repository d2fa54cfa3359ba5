import type { Registry } from "prom-client";

import type { AppError } from "@benchai/contract/errors";
import { maxInputChars } from "@benchai/contract/speech";
import { type App, createApp } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { metricsRoute } from "@benchai/kernel/metrics";

import { type AudioJobDeps, audioJobRoutes } from "./routes/jobs.ts";
import { healthRoutes, type SpeechHealth } from "./routes/health.ts";
import { type SpeechDeps, speechRoutes } from "./routes/speech.ts";
import { type TranscriptionDeps, transcriptionRoutes } from "./routes/transcriptions.ts";
import { type VoiceDeps, voiceRoutes } from "./routes/voices.ts";

export type AppDeps = {
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: () => SpeechHealth;
  readonly speech: SpeechDeps;
  readonly voices: VoiceDeps;
  readonly transcriptions: TranscriptionDeps;
  readonly jobs: AudioJobDeps | { readonly problem: AppError };
};

/** A character in JSON may take six bytes (`\u0000`); the rest of a request is small. */
const bodyLimitBytes = maxInputChars * 6 + 65_536;

/** The HTTP side; it does not listen. */
export function buildApp({ log, metrics, health, speech, voices, transcriptions, jobs }: AppDeps): App {
  const app = createApp({ log, bodyLimitBytes });
  healthRoutes(app, health);
  metricsRoute(app, metrics);
  speechRoutes(app, speech);
  voiceRoutes(app, voices);
  transcriptionRoutes(app, transcriptions);
  audioJobRoutes(app, jobs);
  return app;
}
