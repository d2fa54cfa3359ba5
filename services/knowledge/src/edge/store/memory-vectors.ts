import { isUnit } from "../../core/unit-vector.ts";
import type { Db } from "./open.ts";

/** A memory that waits for its vector. The key goes back with the vector, which is refused when the text has changed. */
export type UnembeddedMemory = { readonly memoryId: number; readonly content: string; readonly key: string };

/** Memories without a vector of this model, in order of id, after a given one. */
export function unembeddedMemories(
  db: Db,
  {
    modelId,
    after = 0,
    limit,
  }: { readonly modelId: number; readonly after?: number; readonly limit: number },
): readonly UnembeddedMemory[] {
  return db
    .prepare<[number, number, number], UnembeddedMemory>(
      `SELECT m.id AS memoryId, m.content, m.content_key AS key FROM memories m
       LEFT JOIN memory_vectors v ON v.memory_id = m.id AND v.model_id = ?
       WHERE m.id > ? AND v.memory_id IS NULL ORDER BY m.id LIMIT ?`,
    )
    .all(modelId, after, limit);
}

/** Stores vectors in one transaction; answers how many: a memory that has gone or says something else is passed over. */
export function putMemoryVectors(
  db: Db,
  {
    modelId,
    vectors,
  }: {
    readonly modelId: number;
    readonly vectors: readonly {
      readonly memoryId: number;
      readonly key: string;
      readonly unit: Float32Array;
    }[];
  },
): number {
  const put = db.prepare(
    `INSERT INTO memory_vectors(memory_id, model_id, unit) SELECT id, ?, ? FROM memories WHERE id = ? AND content_key = ?
     ON CONFLICT(memory_id) DO UPDATE SET model_id = excluded.model_id, unit = excluded.unit`,
  );
  return db
    .transaction(() =>
      vectors.reduce((stored, { memoryId, key, unit }) => {
        if (!isUnit(unit)) throw new Error(`memory ${memoryId}: not a unit vector`);
        return (
          stored +
          put.run(modelId, Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength), memoryId, key).changes
        );
      }, 0),
    )
    .immediate();
}
