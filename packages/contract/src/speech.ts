import { type Static, Type } from "typebox";

/** OpenAI API reference, Audio, `response_format`. */
export const audioFormats = ["mp3", "opus", "aac", "flac", "wav", "pcm"] as const;
export type AudioFormat = (typeof audioFormats)[number];

/** The longest text that is spoken, in UTF-16 units. */
export const maxInputChars = 1_048_576;

const Text = Type.String({ minLength: 1, maxLength: maxInputChars });

/**
 * `POST /v1/audio/speech`. OpenAI's fields; `text` is the historic name of `input`. `input_format` says what the text is
 * written in: `auto`, the default, takes what begins with `<speak` for SSML and everything else for Markdown, which plain text
 * is as well.
 */
export const SpeechRequest = Type.Object({
  model: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  input: Type.Optional(Text),
  text: Type.Optional(Text),
  voice: Type.Optional(
    Type.Union([
      Type.String({ minLength: 1, maxLength: 200 }),
      Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) }),
    ]),
  ),
  response_format: Type.Optional(Type.Enum([...audioFormats])),
  speed: Type.Optional(Type.Number({ minimum: 0.25, maximum: 4 })),
  stream_format: Type.Optional(Type.Enum(["audio", "sse"])),
  /** BCP 47: how numbers, units and signs are read. Without it, the voice's language. */
  language: Type.Optional(Type.String({ minLength: 2, maxLength: 35 })),
  input_format: Type.Optional(Type.Enum(["auto", "text", "markdown", "ssml"])),
  /** OpenAI's models take hints of tone in words; no engine here does, so it is taken and not used. */
  instructions: Type.Optional(Type.String({ maxLength: 4_096 })),
});
export type SpeechRequest = Static<typeof SpeechRequest>;

/** Fields of `SpeechRequest` that say how, not what. */
const how = Type.Omit(SpeechRequest, ["input", "text", "stream_format"]).properties;

/** The first message over `GET /v1/audio/speech/live`. */
export const LiveStart = Type.Object({ type: Type.Literal("start"), ...how });

/** A message of the client over `GET /v1/audio/speech/live`, as JSON. */
export const LiveMessage = Type.Union([
  LiveStart,
  Type.Object({ type: Type.Literal("text"), text: Type.String() }),
  Type.Object({ type: Type.Literal("flush") }),
  Type.Object({ type: Type.Literal("end") }),
]);
export type LiveMessage = Static<typeof LiveMessage>;

/** The query of `POST /v1/audio/speech/stream`, whose body is the text. */
export const SpeechStreamQuery = Type.Object({
  model: how.model,
  voice: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  response_format: how.response_format,
  /** A number, as queries write it. */
  speed: Type.Optional(Type.String({ pattern: "^[0-9]+(\\.[0-9]+)?$", maxLength: 10 })),
  language: how.language,
  input_format: how.input_format,
  stream_format: SpeechRequest.properties.stream_format,
});
export type SpeechStreamQuery = Static<typeof SpeechStreamQuery>;

/**
 * `POST /v1/audio/chat`: a chat, and how its answer is to sound. `audio.format` is OpenAI's `pcm16` as well. Every other field goes
 * to the model as it is.
 */
export const SpokenChatRequest = Type.Object({
  model: Type.String({ minLength: 1 }),
  messages: Type.Array(Type.Unknown()),
  audio: Type.Optional(
    Type.Object({
      voice: how.voice,
      format: Type.Optional(Type.Enum([...audioFormats, "pcm16"])),
      speed: how.speed,
      language: how.language,
    }),
  ),
  stream: Type.Optional(Type.Boolean()),
  /** `sse`: the chat's own chunks, and between them the sound; `audio`: the sound alone. */
  stream_format: Type.Optional(Type.Enum(["audio", "sse"])),
});
export type SpokenChatRequest = Static<typeof SpokenChatRequest>;

/** A voice in `GET /v1/audio/voices`. */
export const VoiceView = Type.Object({
  /** What goes into `voice`. */
  id: Type.String(),
  name: Type.String(),
  engine: Type.String(),
  /** BCP 47, the voice's own first. */
  languages: Type.Array(Type.String()),
  gender: Type.Union([Type.Enum(["female", "male"]), Type.Null()]),
  /** OpenAI's names that mean this voice. */
  aliases: Type.Array(Type.String()),
});
export type VoiceView = Static<typeof VoiceView>;

/** The answer of `GET /v1/audio/voices`. */
export const VoiceList = Type.Object({ object: Type.Literal("list"), data: Type.Array(VoiceView) });

const Seconds = Type.Number({ minimum: 0 });

/** What `POST /v1/audio/captions` answers as JSON: OpenAI's `verbose_json` of transcriptions. `words` is empty where the engine does not tell. */
export const VerboseCaptions = Type.Object({
  duration: Seconds,
  text: Type.String(),
  segments: Type.Array(
    Type.Object({ id: Type.Integer(), start: Seconds, end: Seconds, text: Type.String() }),
  ),
  words: Type.Array(Type.Object({ word: Type.String(), start: Seconds, end: Seconds })),
});
export type VerboseCaptions = Static<typeof VerboseCaptions>;
