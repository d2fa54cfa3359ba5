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
  /** Requests that are spoken at a time, and how many may wait for that; more get 429. */
  MAX_SPEAKING: Type.Integer({ default: 8, minimum: 1 }),
  MAX_QUEUE: Type.Integer({ default: 64, minimum: 0 }),
});
export type SpeechConfig = Readonly<Static<typeof SpeechConfig>>;
