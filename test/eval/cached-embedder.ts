import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";

import { type Embedder, vectorOf } from "../../services/knowledge/src/edge/embedder/embedder.ts";

const hashBytes = 32;

/**
 * An embedder that remembers in a file of its fingerprint: each record is the SHA-256 of a kind and a text, and its
 * vector. A last record that a crash cut short is cut off.
 */
export function cachedEmbedder(embedder: Embedder, folder: string): Embedder {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${embedder.fingerprint.replaceAll(/[^\w.-]+/gu, "_")}.bin`);
  const known = readVectors(file, embedder.dimensions);
  const remember = (text: string, unit: Float32Array) => {
    const hash = createHash("sha256").update(text).digest();
    known.set(hash.toString("base64"), unit);
    appendFileSync(file, Buffer.concat([hash, Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength)]));
  };
  const recall = (text: string) => known.get(createHash("sha256").update(text).digest("base64"));
  return {
    ...embedder,
    embed: async (texts, kind, signal) => {
      const missing = [...new Set(texts.filter((text) => !recall(`${kind}:${text}`)))];
      for (const text of missing) {
        remember(`${kind}:${text}`, await vectorOf(embedder, text, kind, signal));
      }
      return texts.map((text) => recall(`${kind}:${text}`) ?? new Float32Array());
    },
  };
}

function readVectors(file: string, dimensions: number): Map<string, Float32Array> {
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const recordBytes = hashBytes + dimensions * 4;
  const records = new Map<string, Float32Array>();
  for (let at = 0; at + recordBytes <= bytes.length; at += recordBytes) {
    const hash = bytes.subarray(at, at + hashBytes).toString("base64");
    records.set(
      hash,
      new Float32Array(new Uint8Array(bytes.subarray(at + hashBytes, at + recordBytes)).buffer),
    );
  }
  if (bytes.length % recordBytes !== 0) truncateSync(file, bytes.length - (bytes.length % recordBytes));
  return records;
}
