/** What a text is: bulk work is done for documents, people wait for queries; some models embed the two differently. */
export type EmbeddingKind = "query" | "document";

/**
 * Makes vectors of texts. Every adapter passes test/embedder-conformance.ts: one vector of length one for each text, in
 * the texts' order, of `dimensions` values, the same whatever texts stand beside it. Rejects with
 * `embedder_unavailable`, or with the signal's reason.
 */
export type Embedder = {
  /** Changes with the model and with everything else that changes vectors: those of two fingerprints never meet. */
  readonly fingerprint: string;
  readonly dimensions: number;
  embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]>;
  close(): Promise<void>;
};
