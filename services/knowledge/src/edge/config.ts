import { join } from "node:path";

import { type Static, Type } from "typebox";

/** The service's settings, from the environment. */
export const KnowledgeConfig = Type.Object({
  PORT: Type.Integer({ default: 8087 }),
  LOG_LEVEL: Type.String({ default: "info" }),
  /** Holds the database, its backups, and nothing else. */
  DATA_DIR: Type.String({ default: "/var/lib/benchai/knowledge" }),
  /** Folder sources lie below it. */
  DOCUMENTS_ROOT: Type.String({ default: "/documents" }),
  VALKEY_HOST: Type.String({ default: "valkey" }),
  VALKEY_PORT: Type.Integer({ default: 6379 }),
  /** Models are asked through the router, as any client asks. */
  ROUTER_URL: Type.String({ default: "http://router:8085" }),
  /** A model of kind `embedding`; without one, the embedded model. */
  EMBED_MODEL: Type.String({ default: "" }),
  /** A model of kind `rerank`; without one, searches are not reranked. */
  RERANK_MODEL: Type.String({ default: "" }),
  /** A chat model that reads saved turns for memories; without one, turns are refused. */
  EXTRACT_MODEL: Type.String({ default: "" }),
  /** The folder of an Obsidian vault; empty: none. */
  OBSIDIAN_VAULT: Type.String({ default: "" }),
  /** Instead of a folder: the address of Obsidian's Local REST API plugin, the file with its key, and its certificate. */
  OBSIDIAN_REST_URL: Type.String({ default: "" }),
  OBSIDIAN_REST_API_KEY_FILE: Type.String({ default: "/run/secrets/obsidian_rest_api_key" }),
  OBSIDIAN_REST_CERTIFICATE: Type.String({ default: "" }),
  /** How often it is looked at for changes, in s. */
  OBSIDIAN_REST_POLL_S: Type.Number({ default: 60, minimum: 1 }),
  /** `ro`: notes are read only. */
  OBSIDIAN_ACCESS: Type.Enum(["ro", "rw"], { default: "ro" }),
  /** Whose vault it is, and the collection it is found in. */
  OBSIDIAN_OWNER: Type.String({ default: "local" }),
  OBSIDIAN_COLLECTION: Type.String({ default: "obsidian" }),
  /** What periodic notes are dated in: IANA's name of the time zone, and moment's of the language. */
  OBSIDIAN_TIME_ZONE: Type.String({ default: "UTC" }),
  OBSIDIAN_LANGUAGE: Type.String({ default: "en" }),
  /** Hours between backups, 0 for none, and how many are kept. */
  BACKUP_EVERY_H: Type.Number({ default: 24, minimum: 0 }),
  BACKUP_KEEP: Type.Integer({ default: 7, minimum: 1 }),
  /** The largest upload and the largest file that is indexed, in bytes. */
  MAX_FILE_BYTES: Type.Integer({ default: 33_554_432, minimum: 1 }),
  /** How long a search waits for the query's vector, and for the reranker, in ms. */
  EMBED_TIMEOUT_MS: Type.Integer({ default: 1_000, minimum: 1 }),
  RERANK_TIMEOUT_MS: Type.Integer({ default: 1_500, minimum: 1 }),
});
export type KnowledgeConfig = Static<typeof KnowledgeConfig>;

/** Where the vault's files are for the index: the vault itself, or the copy of one that is elsewhere; undefined without one. */
export function vaultRootOf(config: KnowledgeConfig): string | undefined {
  if (config.OBSIDIAN_REST_URL !== "") return join(config.DATA_DIR, "vault-mirror");
  return config.OBSIDIAN_VAULT === "" ? undefined : config.OBSIDIAN_VAULT;
}
