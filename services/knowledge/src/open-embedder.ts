import type { KnowledgeConfig } from "./edge/config.ts";
import type { Embedder } from "./edge/embedder/embedder.ts";
import { startUseLiteEmbedder } from "./edge/embedder/use-lite.ts";
import { openAiEmbedder } from "./edge/embedder/openai.ts";

/** The embedder that the settings name: a model of the router, or the built-in one. */
export function openEmbedder(
  config: Pick<KnowledgeConfig, "EMBED_MODEL" | "ROUTER_URL">,
  signal: AbortSignal,
  onDeath: (error: Error) => void,
): Promise<Embedder> {
  return config.EMBED_MODEL === ""
    ? startUseLiteEmbedder(onDeath)
    : openAiEmbedder({ baseUrl: config.ROUTER_URL, model: config.EMBED_MODEL }, signal);
}
