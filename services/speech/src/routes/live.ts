import websocket from "@fastify/websocket";
import type { FastifyInstance } from "fastify";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { type VoiceOrder, voiceOrder } from "../core/speech-order.ts";
import type { TextPart } from "../core/text-part.ts";
import type { AudioAnswer } from "../edge/audio-response.ts";
import { LiveSocket, type LiveSpeech } from "../edge/live-socket.ts";

export type LiveDeps = {
  readonly defaultVoice: string;
  /** How long a client may say nothing in the middle of its text, in ms. */
  readonly idleMs: number;
  /** Errors: `voice_not_found`, `model_not_found`, `speech_unavailable`. */
  assertVoice(order: VoiceOrder): void;
  /** Resolves with the first sound of a text that is still being written. */
  speakLive(order: VoiceOrder, parts: AsyncIterable<TextPart>, signal: AbortSignal): Promise<AudioAnswer>;
};

const maxMessageBytes = 262_144;
/** Each may hold as much text as a request may have. */
const maxOpen = 64;
/** RFC 6455's registry: "service restart". */
const restarting = 1_012;
const closeWithinMs = 250;

/** Speech over a WebSocket, for a text that is still being written. */
export function liveRoutes(app: App, deps: LiveDeps): void {
  const speak: LiveSpeech = async ({ type: _type, ...how }, parts, signal) =>
    deps.speakLive(voiceOrder(how, deps.defaultVoice), parts, signal);
  void app.register(async (scope) => {
    await scope.register(websocket, { options: { maxPayload: maxMessageBytes }, preClose: closeSockets });
    scope.get("/v1/audio/speech/live", { websocket: true }, (socket) => {
      const isFull = scope.websocketServer.clients.size > maxOpen;
      new LiveSocket(socket, speak, deps).start(isFull ? tooMany() : undefined);
    });
  });
}

function tooMany(): AppError {
  const message = `${maxOpen} texts are written and spoken at once already, which is the most; try again`;
  return new AppError("queue_full", message, { retryAfterS: 5 });
}

/** Does not wait for clients that do not answer. */
function closeSockets(this: FastifyInstance, done: () => void): void {
  for (const socket of this.websocketServer.clients) {
    socket.close(restarting);
    setTimeout(() => socket.terminate(), closeWithinMs);
  }
  this.websocketServer.close(done);
}
