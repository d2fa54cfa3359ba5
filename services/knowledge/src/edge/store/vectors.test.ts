import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { plainCollection } from "../../../test/plain-chunks.ts";
import { toUnit } from "../../core/unit-vector.ts";
import { cosines, denseSearch } from "../vectors/dense-search.ts";
import { VectorMatrix } from "../vectors/matrix.ts";
import { compileScan } from "../vectors/scan.ts";
import { type Db, openWriter } from "./open.ts";
import {
  deleteEmbeddingModel,
  embeddingModel,
  putVectors,
  unembeddedChunks,
  unitVectors,
  vectorsAfter,
} from "./vectors.ts";

const unit = (...values: number[]) => toUnit(values) ?? new Float32Array();
const newVector = (chunkId: number, ...values: number[]) => ({
  chunkId,
  textSha256: `sha-${chunkId}`,
  unit: unit(...values),
});

describe("stored vectors", () => {
  let db: Db;
  let modelId: number;
  beforeEach(() => {
    db = openWriter(join(temporaryFolder(), "knowledge.db"));
    const { add } = plainCollection(db, "ann");
    for (const text of ["one", "two", "three"]) add({ title: "T", text });
    modelId = embeddingModel(db, { fingerprint: "m/2", dimensions: 2, nowMs: 1 });
    return () => db.close();
  });

  it("come back as they were, in the order of their chunks, in pages", () => {
    putVectors(db, { modelId, vectors: [newVector(3, 1, 2), newVector(1, 0, 1), newVector(2, 1, 0)] });
    const page = vectorsAfter(db, { modelId, after: 0, limit: 2 });
    expect(page.map((row) => row.chunkId)).toEqual([1, 2]);
    expect(vectorsAfter(db, { modelId, after: 2, limit: 2 })).toEqual([
      { chunkId: 3, documentId: 3, collectionId: 1, unit: unit(1, 2) },
    ]);
  });

  it("are wanted for the chunks that have none of this model", () => {
    putVectors(db, { modelId, vectors: [newVector(2, 1, 0)] });
    expect(unembeddedChunks(db, { modelId, limit: 9 }).map((chunk) => chunk.text)).toEqual(["one", "three"]);
    expect(unembeddedChunks(db, { modelId, after: 1, limit: 9 })).toEqual([
      { chunkId: 3, title: "T", headingPath: [], text: "three", textSha256: "sha-3" },
    ]);
    const next = embeddingModel(db, { fingerprint: "n/2", dimensions: 2, nowMs: 2 });
    expect(unembeddedChunks(db, { modelId: next, limit: 9 })).toHaveLength(3);
  });

  it("are not kept for a chunk that has gone or changed meanwhile", () => {
    db.prepare("DELETE FROM documents WHERE id = 1").run();
    const vectors = [
      newVector(1, 1, 0),
      { ...newVector(2, 1, 0), textSha256: "of an older text" },
      newVector(3, 1, 0),
    ];
    expect(putVectors(db, { modelId, vectors }).map((row) => row.chunkId)).toEqual([3]);
    expect(vectorsAfter(db, { modelId, after: 0, limit: 9 })).toHaveLength(1);
  });

  it("refuse what is no unit vector of the model's dimensions, all or nothing", () => {
    for (const bad of [new Float32Array(2), new Float32Array([NaN, 1]), unit(1, 1, 1)]) {
      const vectors = [newVector(1, 1, 0), { ...newVector(2), unit: bad }];
      expect(() => putVectors(db, { modelId, vectors })).toThrow(
        /chunk 2: not a unit vector of 2 dimensions/,
      );
    }
    expect(vectorsAfter(db, { modelId, after: 0, limit: 9 })).toEqual([]);
  });

  it("S55: never mix models: another one's replace them, and are not read as the first one's", () => {
    const next = embeddingModel(db, { fingerprint: "n/3", dimensions: 3, nowMs: 2 });
    putVectors(db, { modelId, vectors: [newVector(1, 1, 0), newVector(2, 1, 0)] });
    putVectors(db, { modelId: next, vectors: [newVector(1, 0, 0, 1)] });
    expect(unitVectors(db, { modelId, chunkIds: [1, 2] }).map((row) => row.chunkId)).toEqual([2]);
    expect(unitVectors(db, { modelId: next, chunkIds: [1, 2] })).toEqual([
      { chunkId: 1, unit: unit(0, 0, 1) },
    ]);
    deleteEmbeddingModel(db, { modelId });
    expect(db.prepare("SELECT count(*) FROM chunk_vectors").pluck().get()).toBe(1);
  });

  it("belong to a fingerprint whose dimensions do not change", () => {
    expect(embeddingModel(db, { fingerprint: "m/2", dimensions: 2, nowMs: 9 })).toBe(modelId);
    expect(() => embeddingModel(db, { fingerprint: "m/2", dimensions: 3, nowMs: 9 })).toThrow(
      /has 3 dimensions now and had 2/,
    );
  });

  it("are searched exactly: rounded rows are scored again by their floats, and deleted ones drop out", async () => {
    const matrix = new VectorMatrix((await compileScan())(), 2);
    matrix.add(
      putVectors(db, { modelId, vectors: [newVector(1, 1, 0), newVector(2, 1, 0.001), newVector(3, 0, 1)] }),
    );
    const query = unit(1, 0.002);
    const allowed = { collections: new Set([1]), documents: "all" } as const;
    const search = () =>
      denseSearch(db, matrix, { modelId, unit: query, allowed, limit: 2 }).map((hit) => hit.chunkId);
    expect(search()).toEqual([2, 1]);
    db.prepare("DELETE FROM documents WHERE id = 2").run();
    expect(search()).toEqual([1, 3]);
    expect([...cosines(db, { modelId, unit: query, chunkIds: [2, 3] }).keys()]).toEqual([3]);
  });
});
