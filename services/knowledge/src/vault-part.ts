import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";
import type { Logger } from "@benchai/kernel/log";

import { type KnowledgeConfig, vaultRootOf } from "./edge/config.ts";
import { FolderVault } from "./edge/vault/folder-vault.ts";
import { MirroredVault } from "./edge/vault/mirrored-vault.ts";
import { RestVault } from "./edge/vault/rest-vault.ts";
import { VaultMirror } from "./edge/vault/vault-mirror.ts";
import type { DocumentsPart } from "./documents-part.ts";
import { Locks } from "./locks.ts";
import { withCaretaker } from "./storage.ts";
import type { Store } from "./store.ts";
import { VaultDesk, type VaultPlace, type VaultPorts } from "./vault.ts";

/** Larger notes are no notes: they are read and written whole. */
const maxNoteBytes = 8 * 1024 * 1024;

type VaultSurroundings = {
  /** The database's file. */
  readonly database: string;
  /** Aborts when the service ends. */
  readonly signal: AbortSignal;
  readonly log: Logger;
};

/** The vault of the settings; a desk that says there is none without one. */
export async function openVault(
  config: KnowledgeConfig,
  store: Store,
  documents: DocumentsPart,
  { database, signal, log }: VaultSurroundings,
): Promise<VaultDesk> {
  const root = vaultRootOf(config);
  const place = root === undefined ? undefined : await openPlace(config, root, store, log);
  return new VaultDesk(vaultPorts(store, documents, database, signal), place);
}

async function openPlace(
  config: KnowledgeConfig,
  root: string,
  { write }: Store,
  log: Logger,
): Promise<VaultPlace> {
  const { OBSIDIAN_OWNER: owner } = config;
  const named = { owner, collection: config.OBSIDIAN_COLLECTION, nowMs: Date.now() };
  const { id: sourceId, publicId: source, collection } = await write.vaultSource(named);
  const opened =
    config.OBSIDIAN_REST_URL === "" ? await openFolder(config, root, log) : await openRest(config, root, log);
  return {
    owner,
    collection,
    sourceId,
    source,
    ...opened,
    timeZone: config.OBSIDIAN_TIME_ZONE,
    language: config.OBSIDIAN_LANGUAGE,
  };
}

type Opened = Pick<VaultPlace, "vault" | "mirror">;

async function openFolder(config: KnowledgeConfig, root: string, log: Logger): Promise<Opened> {
  const vault = new FolderVault({
    root,
    stateDir: join(config.DATA_DIR, "vault"),
    isWritable: config.OBSIDIAN_ACCESS === "rw",
    maxNoteBytes,
  });
  await vault.recover().catch((error: unknown) => log.warn({ err: error }, "a rename waits to be ended"));
  return { vault, mirror: undefined };
}

/** Throws `invalid_config` for settings that cannot be right; a plugin that does not answer is waited for. */
async function openRest(config: KnowledgeConfig, root: string, log: Logger): Promise<Opened> {
  const rest = new RestVault({
    url: config.OBSIDIAN_REST_URL,
    apiKey: await apiKeyIn(config.OBSIDIAN_REST_API_KEY_FILE),
    certificate: config.OBSIDIAN_REST_CERTIFICATE,
    isWritable: config.OBSIDIAN_ACCESS === "rw",
    maxNoteBytes,
  });
  const mirror = new VaultMirror(rest, root, config.OBSIDIAN_REST_POLL_S * 1_000, log);
  await mirror.start();
  return { vault: new MirroredVault(rest, mirror), mirror };
}

async function apiKeyIn(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new AppError(
      "invalid_config",
      `OBSIDIAN_REST_API_KEY_FILE: ${file} cannot be read; put the plugin's API key into it (docs/obsidian.md)`,
      { cause: error },
    );
  }
}

function vaultPorts(
  { read }: Store,
  documents: DocumentsPart,
  database: string,
  signal: AbortSignal,
): VaultPorts {
  // One after the other: each is a thread of its own for a second or two.
  const graphs = new Locks<number>();
  return {
    listNotes: read.listNotes,
    filterNotes: read.filterNotes,
    scope: read.searchScope,
    stats: read.vaultStats,
    backlinks: read.backlinks,
    referrers: read.referrers,
    graph: ({ sourceId }) =>
      graphs.run(sourceId, signal, () =>
        withCaretaker((calls) => calls.graph({ path: database, sourceId }), signal),
      ),
    resolveTarget: read.resolveTarget,
    describe: read.describeNote,
    embeddedPaths: read.embeddedPaths,
    expand: read.expandNote,
    refresh: (sourceId) => documents.ingest.indexFolder(sourceId, { signal, report: () => undefined }),
    search: (owner, request) => documents.search(owner, request),
  };
}
