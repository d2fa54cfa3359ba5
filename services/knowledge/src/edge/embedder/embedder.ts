import { AppError } from "@benchai/contract/errors";

/** What a text is: bulk work is done for documents, people wait for queries; some models embed the two differently. */
export type EmbeddingKind = "query" | "document";

/** Why a text has no vector: the fault is its own, the model refuses it and takes others. */
export type Refused = { readonly refused: string };

/**
 * Makes vectors of texts. Every adapter passes test/embedder-conformance.ts: one vector of length one for each text that is
 * not refused, in the texts' order, of `dimensions` values, the same whatever texts stand beside it. Rejects with
 * `embedder_unavailable`, or with the signal's reason.
 */
export type Embedder = {
  /** Changes with the model and with everything else that changes vectors: those of two fingerprints never meet. */
  readonly fingerprint: string;
  readonly dimensions: number;
  embed(
    texts: readonly string[],
    kind: EmbeddingKind,
    signal?: AbortSignal,
  ): Promise<(Float32Array | Refused)[]>;
  close(): Promise<void>;
};

/** The vectors of texts that all have to have one; rejects with `embedder_unavailable` when one is refused. */
export async function everyVector(
  embedder: Embedder,
  texts: readonly string[],
  kind: EmbeddingKind,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  return (await embedder.embed(texts, kind, signal)).map(unrefused);
}

/** The same of one text. */
export async function vectorOf(
  embedder: Embedder,
  text: string,
  kind: EmbeddingKind,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const [answer = { refused: "the embedder gave no vector" }] = await embedder.embed([text], kind, signal);
  return unrefused(answer);
}

function unrefused(answer: Float32Array | Refused): Float32Array {
  if (answer instanceof Float32Array) return answer;
  throw new AppError("embedder_unavailable", answer.refused);
}
