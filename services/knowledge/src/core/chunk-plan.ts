/** A stored chunk as far as it can be recognised. */
export type StoredChunk = { readonly id: number; readonly ordinal: number; readonly sha256: string };

/** For each chunk of the new text: the stored one that it is, or none. `removed` are those that are in it no more. */
export type ChunkPlan = {
  readonly kept: readonly (StoredChunk | undefined)[];
  readonly removed: readonly StoredChunk[];
};

/** Recognises chunks by their hash, equal ones in their order, so that an edit costs its own chunks and no others. */
export function planChunks(stored: readonly StoredChunk[], sha256s: readonly string[]): ChunkPlan {
  const waiting = Map.groupBy(
    stored.toSorted((a, b) => a.ordinal - b.ordinal),
    (chunk) => chunk.sha256,
  );
  const kept = sha256s.map((sha256) => waiting.get(sha256)?.shift());
  return { kept, removed: [...waiting.values()].flat() };
}
