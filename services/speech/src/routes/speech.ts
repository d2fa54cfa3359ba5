import { Type } from "typebox";

import { SpeechRequest, VerboseCaptions } from "@benchai/contract/speech";
import type { App } from "@benchai/kernel/app";

import { audioEncodings } from "../core/audio-encodings.ts";
import { type CaptionFormat, captionFormats } from "../core/captions.ts";
import { type SpeechOrder, speechOrder } from "../core/speech-order.ts";
import { type AudioAnswer, sendAnswer } from "../edge/audio-response.ts";
import { leaving } from "./leaving.ts";

export type SpeechDeps = {
  readonly defaultVoice: string;
  /** Resolves with the first sound. */
  speak(order: SpeechOrder, signal: AbortSignal): Promise<AudioAnswer>;
  /** The whole text, said (or found in the cache) and forgotten but for its times. */
  captions(order: SpeechOrder, format: CaptionFormat, signal: AbortSignal): Promise<string>;
};

const CaptionsRequest = Type.Interface([SpeechRequest], {
  captions_format: Type.Optional(Type.Enum([...captionFormats])),
});

/** The codes with which a text may be refused. */
export const speechErrors = [
  "ssml_malformed",
  "voice_not_found",
  "model_not_found",
  "queue_full",
  "speech_failed",
  "speech_unavailable",
] as const;

/** Media types of captions. */
export const captionTypes = {
  json: "application/json",
  srt: "application/x-subrip",
  vtt: "text/vtt",
} as const satisfies Record<CaptionFormat, string>;

/** What captions are, by media type. */
export const captionAnswers = {
  [captionTypes.json]: VerboseCaptions,
  [captionTypes.srt]: Type.String(),
  [captionTypes.vtt]: Type.String(),
};

const Sound = Type.String({ format: "binary" });
/** What sound is, by media type. */
export const soundByType = {
  ...Object.fromEntries(Object.values(audioEncodings).map(({ contentType }) => [contentType, Sound])),
  "text/event-stream": Type.String(),
};

/** Text to speech as OpenAI has it, and when which words are heard. */
export function speechRoutes(app: App, deps: SpeechDeps): void {
  app.post(
    "/v1/audio/speech",
    {
      schema: {
        summary: "Speaks a text",
        body: SpeechRequest,
        errors: speechErrors,
        answers: soundByType,
      },
    },
    async (request, reply) => {
      const signal = leaving(reply);
      const order = speechOrder(request.body, deps.defaultVoice);
      const answer = await deps.speak(order, signal);
      reply.hijack();
      await sendAnswer(reply.raw, answer, order.isSse).catch((error: unknown) => {
        if (!signal.aborted) request.log.warn({ err: error }, "speech broke off");
      });
    },
  );
  app.post(
    "/v1/audio/captions",
    {
      schema: {
        summary: "Says when which words of a text are spoken",
        body: CaptionsRequest,
        errors: speechErrors,
        answers: captionAnswers,
      },
    },
    async (request, reply) => {
      const format = request.body.captions_format ?? "json";
      const order = speechOrder(request.body, deps.defaultVoice);
      const text = await deps.captions(order, format, leaving(reply));
      return reply.type(`${captionTypes[format]}; charset=utf-8`).send(text);
    },
  );
}
