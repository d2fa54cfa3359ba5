import multipart from "@fastify/multipart";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import type { Transcript } from "../core/transcript.ts";
import { readTranscriptionRequest, type TranscriptionRequest } from "../core/transcription-request.ts";
import type { Transcriber } from "../transcribe.ts";
import { formLimits, withAudioForm } from "./audio-form.ts";
import { transcriptAnswer } from "./transcript-answer.ts";
import { TranscriptStream } from "./transcript-stream.ts";

export type TranscriptionDeps = {
  readonly transcriber: Pick<Transcriber, "transcribe">;
  /** The largest recording, in bytes. Each that is worked on lies in the folder for temporary files. */
  readonly maxUploadBytes: number;
  /** Recordings that are worked on at a time; more get 429. */
  readonly maxAtOnce: number;
};

const Form = Type.Object({
  file: Type.String({ format: "binary" }),
  model: Type.Optional(Type.String()),
  language: Type.Optional(Type.String()),
  prompt: Type.Optional(Type.String()),
  response_format: Type.Optional(Type.Enum(["json", "text", "srt", "verbose_json", "vtt"])),
  temperature: Type.Optional(Type.Number()),
  "timestamp_granularities[]": Type.Optional(Type.Array(Type.Enum(["word", "segment"]))),
  stream: Type.Optional(Type.Boolean()),
});

/** What a form is besides its fields and file. */
const formOverheadBytes = 4 * 1_024 * 1_024;

/** `POST /v1/audio/transcriptions` and `/v1/audio/translations` (into English), as OpenAI has them. */
export function transcriptionRoutes(app: App, deps: TranscriptionDeps): void {
  let atWork = 0;
  // A scope of its own: forms are read here alone.
  void app.register(async (scope) => {
    await scope.register(multipart, {
      limits: { ...formLimits, fileSize: deps.maxUploadBytes },
      throwFileSizeLimit: true,
    });
    const route = (path: string, task: TranscriptionRequest["task"], summary: string) =>
      scope.post(
        path,
        { schema: { summary, ...described }, bodyLimit: deps.maxUploadBytes + formOverheadBytes },
        async (request, reply) => {
          if (atWork >= deps.maxAtOnce)
            throw new AppError("queue_full", "too many recordings are being transcribed; try again", {
              retryAfterS: 5,
            });
          atWork += 1;
          try {
            return await answer(deps, task, request, reply);
          } finally {
            atWork -= 1;
          }
        },
      );
    route("/v1/audio/transcriptions", "transcribe", "Turns a recording into text");
    route("/v1/audio/translations", "translate", "Turns a recording into English text");
  });
}

const described = {
  errors: [
    "audio_unreadable",
    "body_too_large",
    "model_not_found",
    "queue_full",
    "storage_full",
    "upstream_failed",
  ] as const,
  bodies: { "multipart/form-data": Form },
  answers: {
    "application/json": Type.Object({ text: Type.String() }),
    "text/plain": Type.String(),
    "application/x-subrip": Type.String(),
    "text/vtt": Type.String(),
    "text/event-stream": Type.String(),
  },
};

async function answer(
  { transcriber }: TranscriptionDeps,
  task: TranscriptionRequest["task"],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const leaving = new AbortController();
  // Nobody reads this error: it is for what waits on the client's behalf.
  reply.raw.once("close", () => leaving.abort(new AppError("shutting_down", "the client left")));
  const whole = await withAudioForm(request, async ({ path, fields }) => {
    const asked = readTranscriptionRequest(task, fields);
    const stream = asked.isStream ? new TranscriptStream(reply.raw) : undefined;
    const work = transcriber.transcribe(path, asked, (segments) => stream?.add(segments), leaving.signal);
    return stream ? streamed(stream, work, request) : transcriptAnswer(await work, asked);
  });
  return whole ? reply.type(whole.mediaType).send(whole.body) : reply.hijack();
}

/** The error handler can do nothing for an answer that has begun. */
async function streamed(
  stream: TranscriptStream,
  work: Promise<Transcript>,
  request: FastifyRequest,
): Promise<undefined> {
  try {
    stream.done(await work);
  } catch (error) {
    if (!stream.isOpen) throw error;
    if (!(error instanceof AppError)) request.log.error({ err: error }, "unhandled");
    stream.fail(toAppError(error));
  }
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError("internal_error", "internal error; the service's log has the details", {
    cause: error,
  });
}
