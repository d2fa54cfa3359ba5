import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { readFiles } from "../src/edge/read-files.ts";
import { commitDocuments } from "../src/edge/store/commit.ts";
import { manifestOf } from "../src/edge/store/documents.ts";
import { fileContent } from "../src/edge/store/files.ts";
import { truncateWal } from "../src/edge/store/index-health.ts";
import { type Db, openWriter } from "../src/edge/store/open.ts";
import { folderSource, markSource, sourceById, vaultSource } from "../src/edge/store/sources.ts";
import { setVaultFiles } from "../src/edge/store/vault-files.ts";
import { Ingest, type IngestControl, type IngestPorts } from "../src/ingest.ts";
import { parseDocument } from "../src/parsers/parse.ts";
import { formatOf } from "../src/parsers/formats.ts";

/** Indexing with the real store, parsers and files in one process. `parsed` lists what was parsed. */
export type IngestRig = {
  readonly db: Db;
  readonly root: string;
  readonly vaultRoot: string;
  readonly parsed: string[];
  readonly ingest: Ingest;
  readonly ports: IngestPorts;
  write(path: string, content: string | Uint8Array): void;
};

const maxFileBytes = 16 * 1024 * 1024;

/** The ports of `Ingest` on a database of this process. */
export function directPorts(db: Db, parsed: string[] = []): IngestPorts {
  return {
    source: async (call) => sourceById(db, call),
    manifest: async (call) => manifestOf(db, call),
    commit: async (change) => commitDocuments(db, change),
    setVaultFiles: async (call) => setVaultFiles(db, call),
    mark: async (call) => markSource(db, call),
    truncateWal: async () => truncateWal(db),
    file: async (call) => fileContent(db, call),
    isSupported: (path) => formatOf(path) !== undefined,
    read: async (files) => readFiles(files),
    parse: async (input) => {
      parsed.push(input.path);
      return parseDocument(input);
    },
  };
}

/** A rig in a temporary folder, removed by `await using`. */
export function ingestRig(maxBytes = maxFileBytes): IngestRig & Disposable {
  const home = mkdtempSync(join(tmpdir(), "ingest-"));
  const [root, vaultRoot] = [join(home, "documents"), join(home, "vault")];
  mkdirSync(root);
  mkdirSync(vaultRoot);
  const db = openWriter(join(home, "knowledge.db"));
  const parsed: string[] = [];
  const ports = directPorts(db, parsed);
  const ingest = new Ingest(ports, { documentsRoot: root, vaultRoot, maxFileBytes: maxBytes });
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const dispose = () => {
    db.close();
    rmSync(home, { recursive: true, force: true });
  };
  return { db, root, vaultRoot, parsed, ports, ingest, write, [Symbol.dispose]: dispose };
}

/** Makes the rig's vault a source of `local`. */
export function addVault({ db }: IngestRig): number {
  return vaultSource(db, { owner: "local", collection: "obsidian", nowMs: 0 }).id;
}

/** A control that only keeps what was reported. */
export function control(signal: AbortSignal = new AbortController().signal) {
  const reports: { done: number; total: number }[] = [];
  const watched: IngestControl = { signal, report: ({ done, total }) => reports.push({ done, total }) };
  return { ...watched, reports };
}

/** Makes a folder of the rig's a source of `local`. */
export function addFolder({ db }: IngestRig, path = "", spec: object = {}): number {
  return folderSource(db, { owner: "local", collection: "default", folder: { path, ...spec }, nowMs: 0 }).id;
}
