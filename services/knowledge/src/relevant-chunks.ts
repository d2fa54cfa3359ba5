import type { SearchHit } from "@benchai/contract/rag";

import { isRelevant, type WordSeen } from "./core/relevance.ts";
import { arrange, findChunks, type SearchLimits, type SearchPorts } from "./search.ts";

export type RelevancePorts = SearchPorts & {
  questionWords(call: {
    question: string;
    texts: readonly string[];
  }): Promise<{ readonly chunks: number; readonly words: readonly (readonly WordSeen[])[] }>;
  /** Whether the present model's cosines can be held against a fixed threshold. */
  areCosinesKnown(): boolean;
};

/** The chunks that may go into a prompt unasked: only those that bear on the question, none for an unrelated one. */
export async function relevantChunks(
  ports: RelevancePorts,
  limits: SearchLimits,
  owner: string,
  request: { readonly query: string; readonly collections?: string[]; readonly k: number },
): Promise<SearchHit[]> {
  const found = await findChunks(ports, limits, owner, request);
  if (found.hits.length === 0) return [];
  const texts = found.hits.map(({ content, citation }) =>
    [citation.title, ...citation.heading_path, content].join("\n"),
  );
  const { chunks, words } = await ports.questionWords({ question: request.query, texts });
  const areKnown = ports.areCosinesKnown();
  const hits = found.hits.filter(({ chunkId }, i) =>
    isRelevant({
      words: words[i] ?? [],
      chunks,
      cosine: areKnown ? found.cosines.get(chunkId) : undefined,
    }),
  );
  return arrange({ ...found, hits }, false);
}
