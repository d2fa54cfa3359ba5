import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it, onTestFinished } from "vitest";

import { type Citation, documentFormats, type SearchHit } from "@benchai/contract/rag";
import { readConfig } from "@benchai/kernel/config";
import { Doorbell } from "@benchai/kernel/doorbell";
import { createLogger } from "@benchai/kernel/log";

import { DocumentsPart } from "../src/documents-part.ts";
import { KnowledgeConfig } from "../src/edge/config.ts";
import { startFileReaders } from "../src/file-readers.ts";
import { Embedding, type EmbeddingStore } from "../src/embedding.ts";
import type { JobKind } from "@benchai/contract/jobs";
import type { Jobs } from "@benchai/jobs/jobs";
import { formatOf } from "../src/parsers/formats.ts";
import { parseDocument } from "../src/parsers/parse.ts";
import { startStore } from "../src/store.ts";
import { temporaryFolder } from "./folder.ts";
import { control } from "./ingest-rig.ts";
import { writeMixedTree } from "./support/mixed-tree.ts";

const owner = "local";
const wanted = 1_000;
/** Formats whose citations count in the text that was extracted, not in the file. */
const extracted = new Set(["html", "pdf", "docx", "ipynb", "canvas"]);

/** Documents as the service has them, with its threads and parser processes, over a tree that was just written. */
async function indexedTree() {
  const root = join(temporaryFolder(), "documents");
  const texts = writeMixedTree(root);
  const fail = (error: Error) => {
    throw error;
  };
  const store = await startStore(join(temporaryFolder(), "knowledge.db"), fail);
  const readers = startFileReaders(fail);
  onTestFinished(async () => {
    await readers.close();
    await store.close();
  });
  const config = readConfig(KnowledgeConfig, { DOCUMENTS_ROOT: root });
  const bell = new Doorbell();
  // Never run: this is about words.
  const unused = (): never => expect.unreachable();
  const embedding = new Embedding(unused, {} as EmbeddingStore, bell, createLogger("test", "silent"));
  const documents = new DocumentsPart(config, store, embedding, readers, bell);
  const folder = { owner, collection: "tree", folder: { path: "" }, nowMs: 0 };
  const { result } = await documents.ingest.indexFolder(
    (await store.write.folderSource(folder)).id,
    control(),
  );
  const { search } = documents.routes({} as Jobs<JobKind>, async () => undefined);
  return {
    root,
    texts,
    result,
    search: async (query: string) => (await search(owner, { query, k: 20, mode: "lexical" })).results,
    list: () => store.read.listDocuments({ owner, limit: 10_000 }),
    extractedText: async (id: string) => (await store.read.textOfDocument({ owner, id })).text,
  };
}

type Tree = Awaited<ReturnType<typeof indexedTree>>;

/** Hits with different citations: every document is asked for some words from all over it. */
async function differentHits({ list, search, extractedText }: Tree): Promise<readonly SearchHit[]> {
  const hits = new Map<string, SearchHit>();
  for (const { id } of await list()) {
    const words = (await extractedText(id)).match(/[\p{L}\p{N}]{3,}/gu) ?? [];
    const query = [0.1, 0.4, 0.7, 0.9].map((at) => words[Math.floor(at * words.length)]).join(" ");
    for (const hit of await search(query)) hits.set(hit.citation.reference, hit);
  }
  return [...hits.values()];
}

/** The passage that a reference such as `a.md#L3-L9` or `a.json#L1C1201-L1C2400` names, read as an editor would. */
function passage({ reference, start_line, end_line }: Citation, text: string): string {
  const [, first, from, last, to] = /#L(\d+)(?:C(\d+))?-L(\d+)(?:C(\d+))?$/u.exec(reference) ?? [];
  expect([Number(first), Number(last)]).toEqual([start_line, end_line]);
  const lines = text.split("\n").slice(Number(first) - 1, Number(last));
  return from === undefined ? lines.join("\n") : lines.join("\n").slice(Number(from) - 1, Number(to));
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What the citation's lines count in: the file on disk or, for what is no text, its extraction, stored and done anew. */
async function citedTexts(
  { root, texts, extractedText }: Tree,
  { path, document_id: id, sha256: hash }: Citation,
) {
  const bytes = readFileSync(join(root, path));
  expect(hash, path).toBe(sha256(bytes));
  if (!extracted.has(formatOf(path) ?? ""))
    return [texts.get(path) ?? bytes.toString().replaceAll("\r\n", "\n")];
  return [await extractedText(id), (await parseDocument({ path, bytes })).text];
}

it(
  `of a real tree in every format, ${wanted} citations name exactly the lines that were found`,
  { timeout: 120_000 },
  async () => {
    const tree = await indexedTree();
    expect(tree.result).toMatchObject({ unsettled: 0, notes: [] });
    // The fixture vault has files that are broken on purpose.
    const unreadable = (await tree.list()).filter(({ problem }) => problem !== undefined);
    expect(unreadable.filter(({ path }) => !path.includes("/test/vault/"))).toEqual([]);
    expect(tree.result.added).toBeGreaterThan(400);
    const found = await differentHits(tree);
    expect(found.length).toBeGreaterThanOrEqual(wanted);
    const known = new Map<string, Promise<readonly string[]>>();
    const formats = new Set<string>();
    for (const { content, citation } of found) {
      const texts = known.get(citation.path) ?? citedTexts(tree, citation);
      known.set(citation.path, texts);
      for (const text of await texts) expect(passage(citation, text), citation.reference).toBe(content);
      formats.add(formatOf(citation.path) ?? "");
    }
    expect([...formats].toSorted()).toEqual(documentFormats.toSorted());
    expect(found.filter(({ citation }) => citation.start_column !== undefined).length).toBeGreaterThan(5);
  },
);
