import type { IncomingHttpHeaders } from "node:http";

import { AppError } from "@benchai/contract/errors";
import { ModelCard } from "@benchai/contract/openai";
import { SseReader } from "@benchai/kernel/sse-reader";
import { Value } from "typebox/value";

import { refusal, type RouterLink } from "./router-link.ts";

/**
 * What says whose chat it is and what it is enriched with. The router passes these on for spoken chats alone, as its client sent
 * them, and reads them again: nobody is anybody else for coming through here.
 */
const sentHeaders = ["authorization", "x-api-key", "x-benchai-memory", "x-benchai-rag"] as const;

/** Opens a streamed chat at the router. Resolves with its events' data when it has begun; errors: the router's own, `upstream_failed`. */
export async function openChat(
  router: RouterLink,
  body: object,
  from: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const headers = sentHeaders.flatMap((name) => {
    const value = from[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  const response = await router.fetch("/v1/chat/completions", {
    method: "POST",
    headers: { ...Object.fromEntries(headers), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok || !response.body) throw refusal(response, await response.json().catch(() => undefined));
  return eventsOf(response.body);
}

/** The voice that an assistant has in the configuration; undefined for a model, and whenever it cannot be told. */
export async function voiceOf(
  router: RouterLink,
  model: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const response = await router.fetch(`/v1/models/${encodeURIComponent(model)}`, { signal });
  const card: unknown = await response.json().catch(() => undefined);
  return Value.Check(ModelCard, card) ? card.benchai.voice : undefined;
}

async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const reader = new SseReader();
  const decoder = new TextDecoder();
  try {
    for await (const bytes of body)
      for (const { data } of reader.push(decoder.decode(bytes, { stream: true }))) yield data;
  } catch (cause) {
    throw new AppError("upstream_failed", "the chat broke off", { cause });
  }
}
