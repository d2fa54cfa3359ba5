import { join } from "node:path";

import { embeddedText } from "../../services/knowledge/src/core/embedded-text.ts";
import { type Embedder, everyVector } from "../../services/knowledge/src/edge/embedder/embedder.ts";
import type { SearchScope } from "../../services/knowledge/src/edge/store/hits.ts";
import { type Db, openWriter } from "../../services/knowledge/src/edge/store/open.ts";
import {
  embeddingModel,
  putVectors,
  unembeddedChunks,
} from "../../services/knowledge/src/edge/store/vectors.ts";
import { VectorMatrix } from "../../services/knowledge/src/edge/vectors/matrix.ts";
import { compileScan } from "../../services/knowledge/src/edge/vectors/scan.ts";
import { plainCollection } from "../../services/knowledge/test/plain-chunks.ts";
import type { BeirSet } from "./beir.ts";

/** A set in the service's own schema, a chunk for each document; with its vectors when there is an embedder. */
export type Ground = {
  readonly db: Db;
  readonly scope: SearchScope;
  /** The set's own ids of the chunks. */
  readonly documentOf: ReadonlyMap<number, string>;
  readonly dense: Dense | undefined;
};
type Dense = { readonly embedder: Embedder; readonly modelId: number; readonly matrix: VectorMatrix };

export async function layGround(
  set: BeirSet,
  folder: string,
  embedder: Embedder | undefined,
  say: (text: string) => void,
): Promise<Ground> {
  const db = openWriter(join(folder, `${set.name}.db`));
  const { scope, add } = plainCollection(db, "local", set.name);
  const documentOf = new Map<number, string>();
  db.transaction(() => {
    for (const { id, ...document } of set.documents) documentOf.set(add(document), id);
  })();
  return { db, scope, documentOf, dense: embedder && (await embedAll(db, embedder, say)) };
}

async function embedAll(db: Db, embedder: Embedder, say: (text: string) => void): Promise<Dense> {
  const { fingerprint, dimensions } = embedder;
  const modelId = embeddingModel(db, { fingerprint, dimensions, nowMs: 0 });
  const matrix = new VectorMatrix((await compileScan())(), dimensions);
  for (;;) {
    const chunks = unembeddedChunks(db, { modelId, limit: 256 });
    if (chunks.length === 0) return { embedder, modelId, matrix };
    const units = await everyVector(embedder, chunks.map(embeddedText), "document");
    const vectors = chunks.map((chunk, i) => ({ ...chunk, unit: units[i] ?? new Float32Array() }));
    matrix.add(putVectors(db, { modelId, vectors }));
    say(`${matrix.size} chunks embedded`);
  }
}
