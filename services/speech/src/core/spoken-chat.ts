import { AppError } from "@benchai/contract/errors";
import type { SpokenChatRequest } from "@benchai/contract/speech";
import { Type } from "typebox";
import { Value } from "typebox/value";

import { type VoiceOrder, voiceOrder } from "./speech-order.ts";

export type SpokenChat = {
  /** What the model is asked: the request without what is only about sound. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly order: VoiceOrder;
};

/** Errors: `invalid_request` for a chat that is not to be streamed, or has several choices. */
export function spokenChat(request: SpokenChatRequest, defaultVoice: string): SpokenChat {
  const { audio = {}, stream, stream_format: streamFormat, ...rest } = request;
  if (stream === false)
    throw new AppError("invalid_request", "a spoken chat is always streamed; leave `stream` out", {
      param: "stream",
    });
  const { modalities: _modalities, ...body } = rest as Record<string, unknown>;
  if (typeof body["n"] === "number" && body["n"] > 1)
    throw new AppError("invalid_request", "only one choice can be spoken: `n` must be 1", { param: "n" });
  const { voice, format = "mp3", speed, language } = audio;
  const how = {
    ...(voice === undefined ? {} : { voice }),
    ...(speed === undefined ? {} : { speed }),
    ...(language === undefined ? {} : { language }),
    ...(streamFormat === undefined ? {} : { stream_format: streamFormat }),
    response_format: format === "pcm16" ? "pcm" : format,
    input_format: "markdown",
  } as const;
  return { body: { ...body, stream: true }, order: voiceOrder(how, defaultVoice) };
}

const ChunkHead = Type.Object({
  id: Type.Optional(Type.String()),
  created: Type.Optional(Type.Number()),
  model: Type.Optional(Type.String()),
});

/** Makes chunks of a chat that carry sound, as OpenAI's models that speak do, in the name of the chunks that were seen. */
export class AudioChunks {
  #head = { id: "chatcmpl-speech", created: 0, model: "" };

  /** Notes whose chunks these are. */
  see(data: string): void {
    const value = parsed(data);
    if (Value.Check(ChunkHead, value)) this.#head = { ...this.#head, ...value };
  }

  /** `data` in base64; a sentence that begins comes as the `transcript`. */
  chunk(audio: { readonly data?: string; readonly transcript?: string }): object {
    const { id, created, model } = this.#head;
    const delta = { audio: { id: `audio-${id}`, ...audio } };
    return {
      id,
      object: "chat.completion.chunk",
      created,
      model,
      choices: [{ index: 0, delta, finish_reason: null }],
    };
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
