import { AppError } from "@benchai/contract/errors";
import type { AudioFormat, SpeechRequest } from "@benchai/contract/speech";

/** How something is to be said, with everything decided that does not depend on what is installed. */
export type VoiceOrder = {
  readonly inputFormat: NonNullable<SpeechRequest["input_format"]>;
  readonly format: AudioFormat;
  readonly isSse: boolean;
  readonly speed: number;
  readonly voice: string;
  readonly model: string | undefined;
  readonly language: string | undefined;
};

/** A request for speech. */
export type SpeechOrder = VoiceOrder & { readonly text: string };

/** Errors: `invalid_request` when there is no text, or two. */
export function speechOrder(request: SpeechRequest, defaultVoice: string): SpeechOrder {
  return { ...voiceOrder(request, defaultVoice), text: textOf(request) };
}

/** Errors: `invalid_request` for what is no language. */
export function voiceOrder(request: SpeechRequest, defaultVoice: string): VoiceOrder {
  const { voice = defaultVoice } = request;
  return {
    inputFormat: request.input_format ?? "auto",
    format: request.response_format ?? "mp3",
    isSse: request.stream_format === "sse",
    speed: request.speed ?? 1,
    voice: typeof voice === "string" ? voice : voice.id,
    model: request.model,
    language: languageOf(request),
  };
}

function textOf({ input, text }: SpeechRequest): string {
  if (input !== undefined && text !== undefined)
    throw new AppError("invalid_request", "give the text as input; text is its historic name, not both", {
      param: "text",
    });
  const given = input ?? text;
  if (given === undefined)
    throw new AppError("invalid_request", "input is missing: the text to be spoken", { param: "input" });
  return given;
}

/** The tag as BCP 47 writes it: `de_at` is `de-AT`. */
function languageOf({ language }: SpeechRequest): string | undefined {
  if (language === undefined) return undefined;
  try {
    return Intl.getCanonicalLocales(language.replaceAll("_", "-"))[0];
  } catch (cause) {
    const message = `${JSON.stringify(language)} is no language tag; such as en, de-AT or pt-BR are (BCP 47)`;
    throw new AppError("invalid_request", message, { param: "language", cause });
  }
}
