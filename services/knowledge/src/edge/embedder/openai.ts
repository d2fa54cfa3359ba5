import { shorten } from "../../core/lines.ts";
import type { Embedder, EmbeddingKind, Refused } from "./embedder.ts";
import { type EmbeddingsServer, requestEmbeddings, unavailable } from "./embeddings-request.ts";

export type OpenAiEmbedderOptions = EmbeddingsServer & {
  /** What the model wants before each kind of text, such as `search_query: `. */
  readonly prefixes?: Readonly<Record<EmbeddingKind, string>>;
};

const batchSize = 16;
/** Some 1,500 tokens of English. A model with less context refuses that, and gets the text shorter. */
const mostCharacters = 6_000;
/** A text is not halved any further once it has no more characters than that: its length is not the reason. */
const fewestCharacters = 32;
const noPrefixes = { query: "", document: "" } as const;
/** What every model takes. */
const harmless = "dimensions";

/** A model behind `/v1/embeddings`, usually the router's. Asks for one vector to learn how many dimensions it has. */
export async function openAiEmbedder(
  options: OpenAiEmbedderOptions,
  signal?: AbortSignal,
): Promise<Embedder> {
  const { model, prefixes = noPrefixes } = options;
  const dimensions = await dimensionsOf(options, signal);
  return {
    fingerprint: `openai/${model}/${dimensions}/${JSON.stringify([prefixes.query, prefixes.document])}`,
    dimensions,
    embed: async (texts, kind, stop) => {
      const answers: (Float32Array | Refused)[] = [];
      for (let from = 0; from < texts.length; from += batchSize) {
        const batch = texts.slice(from, from + batchSize).map((text) => prefixes[kind] + readable(text));
        answers.push(...(await embedEach(options, batch, stop)));
      }
      for (const answer of answers)
        if (answer instanceof Float32Array && answer.length !== dimensions)
          throw unavailable(model, `gave ${answer.length} dimensions, not ${dimensions} as before`);
      return answers;
    },
    close: () => Promise.resolve(),
  };
}

function readable(text: string): string {
  return shorten(text, mostCharacters).toWellFormed().trim() || ".";
}

/**
 * A server answers for a request as a whole, whichever of its texts it minds: those that are refused together are asked in
 * halves, one that is too long alone is shortened, and one that is still refused is given up.
 */
async function embedEach(
  server: EmbeddingsServer,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<(Float32Array | Refused)[]> {
  const answer = await requestEmbeddings(server, texts, signal);
  if ("units" in answer) return answer.units;
  // A model that takes no text at all is at fault itself.
  if (!answer.isTooLong) await dimensionsOf(server, signal);
  const [text = "", ...others] = texts;
  if (others.length > 0) {
    const half = Math.ceil(texts.length / 2);
    const first = await embedEach(server, texts.slice(0, half), signal);
    return [...first, ...(await embedEach(server, texts.slice(half), signal))];
  }
  if (answer.isTooLong && text.length > fewestCharacters)
    return embedEach(server, [shorten(text, Math.ceil(text.length / 2))], signal);
  return [{ refused: answer.error.message }];
}

async function dimensionsOf(server: EmbeddingsServer, signal: AbortSignal | undefined): Promise<number> {
  const answer = await requestEmbeddings(server, [harmless], signal);
  if ("units" in answer) return answer.units[0]?.length ?? 0;
  throw answer.error;
}
