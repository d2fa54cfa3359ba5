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
