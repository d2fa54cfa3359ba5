import type { FastifyReply, FastifyRequest } from "fastify";
import type { Registry } from "prom-client";

import { JobView } from "@benchai/contract/jobs";
import { type App, createApp } from "@benchai/kernel/app";
import type { Logger } from "@benchai/kernel/log";
import { metricsRoute } from "@benchai/kernel/metrics";

import type { KnowledgeHealth } from "./core/knowledge-health.ts";
import type { Tool } from "./mcp-tool.ts";
import { type CollectionDeps, collectionRoutes } from "./routes/collections.ts";
import { type DocumentDeps, documentRoutes } from "./routes/documents.ts";
import { type FileDeps, fileRoutes } from "./routes/files.ts";
import { healthRoutes } from "./routes/health.ts";
import { type InternalDeps, internalRoutes } from "./routes/internal.ts";
import { type JobDeps, jobRoutes } from "@benchai/jobs/job-routes";
import { mcpRoutes } from "./routes/mcp.ts";
import { type MemoryDeps, memoryRoutes } from "./routes/memory.ts";
import { type ObsidianDeps, obsidianRoutes } from "./routes/obsidian.ts";
import { type SearchDeps, searchRoutes } from "./routes/search.ts";
import { acceptUploads } from "./routes/upload.ts";

/** What the routes that need the database call; absent when it may not be used. */
export type DataDeps = SearchDeps &
  CollectionDeps &
  DocumentDeps &
  FileDeps &
  JobDeps &
  InternalDeps &
  ObsidianDeps & { readonly memory: MemoryDeps; readonly tools: readonly Tool[] };

export type AppDeps = {
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: () => KnowledgeHealth;
  /** Throws while the database may not be used. */
  readonly assertUsable: () => void;
  readonly maxFileBytes: number;
};

const bodyLimitBytes = 1024 * 1024;

/** The HTTP side; it does not listen. Without `data`, every route but the probes says why there is none. */
export function buildApp(deps: AppDeps, data: DataDeps | undefined): App {
  const app = createApp({ log: deps.log, bodyLimitBytes });
  healthRoutes(app, deps.health);
  metricsRoute(app, deps.metrics);
  const refuse = (_request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    deps.assertUsable();
    done();
  };
  if (data)
    void app.register(async (scoped) => {
      scoped.addHook("onRequest", refuse);
      acceptUploads(scoped, deps.maxFileBytes);
      dataRoutes(scoped, data);
    });
  else app.all("/*", { onRequest: refuse }, async () => undefined);
  return app;
}

/** Every route that needs the database. */
export function dataRoutes(app: App, data: DataDeps): void {
  memoryRoutes(app, data.memory);
  searchRoutes(app, data);
  collectionRoutes(app, data);
  documentRoutes(app, data);
  fileRoutes(app, data);
  jobRoutes(app, { path: "/v1/jobs", view: JobView }, data);
  obsidianRoutes(app, data);
  internalRoutes(app, data);
  mcpRoutes(app, data.tools);
}
