import { Type, type Static } from "typebox";

/** The router's settings, from the environment. Times in ms. */
export const RouterConfig = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8085 }),
  /** Address to listen on; in a container all of its own, of which only the published port is reachable. */
  HOST: Type.String({ default: "0.0.0.0" }),
  /** Address on which the port is published on the machine; anything but loopback is refused (A1). */
  BENCHAI_BIND: Type.String({ default: "127.0.0.1" }),
  /** Host names under which a browser may ask besides this machine's own, with commas between them: a reverse proxy's (A10). */
  BENCHAI_HOSTS: Type.String({
    pattern: "^[\\w.-]*(, *[\\w.-]+)*$",
    description: "host names without ports, with commas between them: ai.example.org",
    default: "",
  }),
  /** Origins whose pages may ask and read besides our own, with commas between them: `http://localhost:3000`. */
  BENCHAI_ORIGINS: Type.String({
    pattern: "^(https?://[\\w.:[\\]-]+(, *https?://[\\w.:[\\]-]+)*)?$",
    description:
      "origins without a path or a slash at the end, with commas between them: http://localhost:3000",
    default: "",
  }),
  CONTROLLER_URL: Type.String({ minLength: 1, default: "http://controller:8086" }),
  /** The knowledge service: memory, documents, MCP. Empty when there is none. */
  KNOWLEDGE_URL: Type.String({ default: "http://knowledge:8087" }),
  /** The speech service: text to speech and back. Empty when there is none. */
  SPEECH_URL: Type.String({ default: "http://speech:8088" }),
  LOG_LEVEL: Type.String({ default: "info" }),
  BODY_LIMIT_BYTES: Type.Integer({ minimum: 1_024, default: 32 * 1_024 * 1_024 }),
  /** The same for what is passed on to the knowledge service, without being held: 64 MiB and its wrapping. */
  UPLOAD_LIMIT_BYTES: Type.Integer({ minimum: 1_024, default: 65 * 1_024 * 1_024 }),
  /** How long the knowledge service may take to begin to answer what is passed on to it. */
  KNOWLEDGE_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 60_000 }),
  /** How long the speech service may take to make the first sound. */
  SPEECH_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 600_000 }),
  /** How long a whole recording may take to become text: four hours of it, by a model that is slower than speech. */
  TRANSCRIPTION_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 8 * 3_600_000 }),
  /** How long a chat that asked for memory or documents waits for them before it goes on without. */
  ENRICH_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 1_500 }),
  /** Share of a model's context that retrieved text may take. */
  ENRICH_CONTEXT_SHARE: Type.Number({ minimum: 0, maximum: 1, default: 0.25 }),
  /** How long a request waits for its model to load. */
  LOAD_WAIT_MS: Type.Integer({ minimum: 0, default: 180_000 }),
  /** How long a request waits for a controller that is away, when its model is not loaded. */
  CONTROLLER_WAIT_MS: Type.Integer({ minimum: 0, default: 5_000 }),
  /** When a stream that has nothing to say yet gets its first comment, and how often after that. */
  HEARTBEAT_AFTER_MS: Type.Integer({ minimum: 1, default: 2_500 }),
  HEARTBEAT_EVERY_MS: Type.Integer({ minimum: 1, default: 5_000 }),
  /** Longest wait for the first byte of an answer; without streaming that is the whole generation. */
  FIRST_BYTE_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 600_000 }),
  /** Longest silence inside an answer, of the worker or of a client that does not read. */
  STALL_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 120_000 }),
  /** Waiting requests per model; more get 429. */
  MAX_QUEUE: Type.Integer({ minimum: 0, default: 128 }),
  /** Bytes of large bodies that are held at a time, over all models; more get 429. */
  BODY_BUDGET_BYTES: Type.Integer({ minimum: 0, default: 96 * 1_024 * 1_024 }),
  /** How long open answers may go on after a stop signal. */
  DRAIN_MS: Type.Integer({ minimum: 0, default: 10_000 }),
});
export type RouterConfig = Readonly<Static<typeof RouterConfig>>;
