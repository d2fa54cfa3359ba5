import type { ServerResponse } from "node:http";

import { AppError } from "@benchai/contract/errors";
import { SpokenChatRequest } from "@benchai/contract/speech";
import type { App } from "@benchai/kernel/app";
import { openEventStream } from "@benchai/kernel/event-stream";

import { AudioChunks, type SpokenChat, spokenChat } from "../core/spoken-chat.ts";
import { chatText } from "../core/text-bodies.ts";
import { TextQueue } from "../core/text-queue.ts";
import { audioEvents, drained, errorEvent, sendAnswer } from "../edge/audio-response.ts";
import { openChat, voiceOf } from "../edge/chat-client.ts";
import type { RouterLink } from "../edge/router-link.ts";
import { leaving } from "./leaving.ts";
import type { LiveDeps } from "./live.ts";
import { soundByType, speechErrors } from "./speech.ts";

export type SpokenChatDeps = LiveDeps & { readonly router: RouterLink };

/** The second path is where OpenAI's clients ask when `/v1/audio` is their base URL. */
const paths = ["/v1/audio/chat", "/v1/audio/chat/completions"] as const;

/** A chat that is spoken while the model writes it. */
export function spokenChatRoutes(app: App, deps: SpokenChatDeps): void {
  for (const path of paths)
    app.post(
      path,
      {
        schema: {
          summary: "Has a model answer, and speaks the answer while it is written",
          body: SpokenChatRequest,
          errors: [...speechErrors, "model_loading", "model_failed", "no_room", "upstream_timeout"],
          answers: soundByType,
        },
      },
      async (request, reply) => {
        const signal = leaving(reply);
        const { model, audio } = request.body;
        const ownVoice = audio?.voice ? undefined : await voiceOf(deps.router, model, signal);
        const chat = spokenChat(request.body, ownVoice ?? deps.defaultVoice);
        deps.assertVoice(chat.order);
        const events = await openChat(deps.router, chat.body, request.headers, signal);
        const isSound = request.body.stream_format === "audio";
        const queue = new TextQueue();
        if (!isSound) {
          reply.hijack();
          return new ChatSpeaker(deps, reply.raw, queue).send(chat, events, signal);
        }
        const feeding = feed(events, queue);
        const sound = await deps.speakLive(chat.order, queue, signal);
        reply.hijack();
        await Promise.all([feeding, sendAnswer(reply.raw, sound, false)]).catch((error: unknown) => {
          if (!signal.aborted) request.log.warn({ err: error }, "a spoken chat broke off");
        });
      },
    );
}

/** What breaks is thrown by the queue. */
async function feed(events: AsyncIterable<string>, queue: TextQueue): Promise<void> {
  try {
    for await (const data of events) for (const part of chatText(data)) queue.push(part);
    queue.end();
  } catch (error) {
    queue.end({ error });
  }
}

/** Sends a chat's own chunks, and between them chunks with its sound. */
class ChatSpeaker {
  readonly #deps: LiveDeps;
  readonly #raw: ServerResponse;
  readonly #queue: TextQueue;
  readonly #chunks = new AudioChunks();

  constructor(deps: LiveDeps, raw: ServerResponse, queue: TextQueue) {
    this.#deps = deps;
    this.#raw = raw;
    this.#queue = queue;
  }

  async send({ order }: SpokenChat, events: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    openEventStream(this.#raw);
    const sound = this.#speak(order, signal);
    // It is waited for when the chat has ended.
    sound.catch(() => undefined);
    try {
      const isDone = await this.#write(events);
      this.#queue.end();
      await sound;
      if (isDone) this.#raw.write("data: [DONE]\n\n");
    } catch (error) {
      this.#queue.end();
      await sound.catch(() => undefined);
      if (!this.#raw.destroyed) await this.#event(errorEvent(error));
    } finally {
      this.#raw.end();
    }
  }

  /** Whether the chat came to its end. */
  async #write(events: AsyncIterable<string>): Promise<boolean> {
    let isDone = false;
    for await (const data of events) {
      isDone = data === "[DONE]";
      if (isDone) continue;
      this.#chunks.see(data);
      for (const part of chatText(data)) this.#queue.push(part);
      if (!this.#raw.write(`data: ${data.replaceAll("\n", "\ndata: ")}\n\n`)) await drained(this.#raw);
    }
    return isDone;
  }

  async #speak(order: SpokenChat["order"], signal: AbortSignal): Promise<void> {
    try {
      const answer = await this.#deps.speakLive(order, this.#queue, signal);
      for await (const event of audioEvents(answer)) {
        if (event.type === "speech.sentence")
          await this.#event(this.#chunks.chunk({ transcript: event.text }));
        if (event.type === "speech.audio.delta") await this.#event(this.#chunks.chunk({ data: event.audio }));
      }
    } catch (error) {
      // A call of a tool, for instance, has nothing that could be spoken.
      if (!(error instanceof AppError && error.param === "input")) throw error;
    }
  }

  async #event(payload: object): Promise<void> {
    if (!this.#raw.write(`data: ${JSON.stringify(payload)}\n\n`)) await drained(this.#raw);
  }
}
