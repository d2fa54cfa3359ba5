import type { ChunkPlace } from "../../core/known-items.ts";
import type { SearchScope } from "./hits.ts";
import type { Db } from "./open.ts";

/** Every chunk of a scope with its document's path, in the order of their ids. */
export function chunkPlaces(db: Db, { scope }: { readonly scope: SearchScope }): readonly ChunkPlace[] {
  return db
    .prepare<[number, string], ChunkPlace>(
      `SELECT k.id AS chunkId, d.path FROM chunks k JOIN documents d ON d.id = k.document_id
       JOIN collections c ON c.id = d.collection_id
       WHERE c.owner_id = ? AND c.id IN (SELECT value FROM json_each(?)) ORDER BY k.id`,
    )
    .all(scope.ownerId, JSON.stringify(scope.collectionIds));
}
