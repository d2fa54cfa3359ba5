import { type Static, Type } from "typebox";

/** The service's settings, from the environment. */
export const SpeechConfig = Type.Object({
  PORT: Type.Integer({ default: 8088 }),
  LOG_LEVEL: Type.String({ default: "info" }),
  /** Neural voices, a folder each. */
  VOICES_DIR: Type.String({ default: "/voices" }),
  /** Sentences that were said already. */
  CACHE_DIR: Type.String({ default: "/var/lib/benchai/speech" }),
  /** How much of them stays, in bytes; 0: nothing. */
  CACHE_MAX_BYTES: Type.Integer({ default: 1_073_741_824, minimum: 0 }),
  /** The voice of requests that name none. */
  DEFAULT_VOICE: Type.String({ default: "alloy", minLength: 1 }),
  /** How long an ffmpeg waits, started, for the next request in its format, in s (mp3's waits always); 0: none does. */
  FFMPEG_IDLE_S: Type.Integer({ default: 300, minimum: 0, maximum: 86_400 }),
  /** Transcription models are asked through the router, as any client asks. */
  ROUTER_URL: Type.String({ default: "http://router:8085" }),
  /** The model that OpenAI's names of transcription models mean; empty: one that is loaded, else the first. */
  TRANSCRIBE_MODEL: Type.String({ default: "" }),
  /** The largest recording, in bytes, and the longest, in s. */
  MAX_UPLOAD_BYTES: Type.Integer({ default: 26_214_400, minimum: 1 }),
  MAX_AUDIO_S: Type.Integer({ default: 14_400, minimum: 1 }),
  /** Recordings that are worked on at a time; more get 429. */
  MAX_TRANSCRIBING: Type.Integer({ default: 4, minimum: 1 }),
  /** How long a client may write nothing in the middle of a text that it writes while it is spoken. */
  LIVE_IDLE_S: Type.Integer({ default: 120, minimum: 1 }),
  /** Requests that are spoken at a time, and how many may wait for that; more get 429. */
  MAX_SPEAKING: Type.Integer({ default: 8, minimum: 1 }),
  MAX_QUEUE: Type.Integer({ default: 64, minimum: 0 }),
  /** Jobs and their results; empty: beside the cache. */
  JOBS_DIR: Type.String({ default: "" }),
  /** Jobs that are spoken at a time, and how many may wait for that; more get 429. */
  MAX_JOBS: Type.Integer({ default: 2, minimum: 1 }),
  MAX_JOBS_WAITING: Type.Integer({ default: 64, minimum: 1 }),
  /** How much results may take together, in bytes, and how long one is kept, in h. */
  RESULTS_MAX_BYTES: Type.Integer({ default: 4_294_967_296, minimum: 1 }),
  RESULTS_MAX_AGE_H: Type.Number({ default: 168, exclusiveMinimum: 0 }),
  VALKEY_HOST: Type.String({ default: "valkey" }),
  VALKEY_PORT: Type.Integer({ default: 6379 }),
});
export type SpeechConfig = Readonly<Static<typeof SpeechConfig>>;
