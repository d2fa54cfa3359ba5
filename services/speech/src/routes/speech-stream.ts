import type { Readable } from "node:stream";

import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import { SpeechStreamQuery } from "@benchai/contract/speech";
import type { App } from "@benchai/kernel/app";

import { voiceOrder } from "../core/speech-order.ts";
import { type TextBodyType, textBodyReader, textBodyTypes } from "../core/text-bodies.ts";
import type { TextPart } from "../core/text-part.ts";
import { sendAnswer } from "../edge/audio-response.ts";
import { leaving } from "./leaving.ts";
import type { LiveDeps } from "./live.ts";
import { soundByType, speechErrors } from "./speech.ts";

const Text = Type.String();

/** A request whose body is a text that is still being written, and whose answer begins before its end. */
export function speechStreamRoutes(app: App, deps: LiveDeps): void {
  // A scope of its own: here bodies are read as they come.
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser([...textBodyTypes], (_request, _payload, parsed) => parsed(null));
    scope.post<{ Querystring: SpeechStreamQuery }>(
      "/v1/audio/speech/stream",
      {
        schema: {
          summary: "Speaks a text while it arrives",
          querystring: SpeechStreamQuery,
          bodies: Object.fromEntries(textBodyTypes.map((type) => [type, Text])),
          errors: speechErrors,
          answers: soundByType,
        },
      },
      (request, reply) => answer(deps, request.query, request, reply),
    );
    done();
  });
}

async function answer(
  deps: LiveDeps,
  { speed, ...query }: SpeechStreamQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const signal = leaving(reply);
  const how = { ...query, ...(speed === undefined ? {} : { speed: speedOf(speed) }) };
  const order = voiceOrder(how, deps.defaultVoice);
  // The type was what chose the parser.
  const type = textBodyTypes.find((one) => request.headers["content-type"]?.startsWith(one)) ?? "text/plain";
  const sound = await deps.speakLive(order, partsOf(request.raw, type, deps.idleMs), signal);
  reply.hijack();
  await sendAnswer(reply.raw, sound, order.isSse).catch((error: unknown) => {
    if (!signal.aborted) request.log.warn({ err: error }, "speech broke off");
  });
}

function speedOf(text: string): number {
  const speed = Number(text);
  if (speed >= 0.25 && speed <= 4) return speed;
  throw new AppError("invalid_request", "`speed` must be from 0.25 to 4", { param: "speed" });
}

/** Errors: those of the reader; `invalid_request` for a body that breaks off or stands still. */
async function* partsOf(body: Readable, type: TextBodyType, idleMs: number): AsyncGenerator<TextPart, void> {
  const reader = textBodyReader(type);
  body.setEncoding("utf8");
  const stalled = new AppError("invalid_request", `nothing of the text came for ${idleMs / 1_000} s`);
  let idle = setTimeout(() => body.destroy(stalled), idleMs);
  try {
    for await (const chunk of body) {
      clearTimeout(idle);
      yield* reader.push(String(chunk));
      idle = setTimeout(() => body.destroy(stalled), idleMs);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_request", "the text broke off before its end", { cause: error });
  } finally {
    clearTimeout(idle);
  }
  yield* reader.end();
}
