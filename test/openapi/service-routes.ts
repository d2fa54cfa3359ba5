import { type App, createApp, type RouteDoc } from "@benchai/kernel/app";
import { createLogger } from "@benchai/kernel/log";

import { type DataDeps, dataRoutes } from "../../services/knowledge/src/app.ts";
import { knowledgeTools, type ToolSources } from "../../services/knowledge/src/mcp-tools.ts";
import { vaultTools } from "../../services/knowledge/src/mcp-vault-tools.ts";
import { acceptUploads } from "../../services/knowledge/src/routes/upload.ts";
import type { VaultDesk } from "../../services/knowledge/src/vault.ts";
import { type PassedService, serviceOf } from "../../services/router/src/core/passed-on.ts";
import { type AudioDeps, audioRoutes } from "../../services/speech/src/app.ts";

/** A JSON schema (draft 2020-12), which OpenAPI 3.1 takes as it is. */
export type Schema = Readonly<Record<string, unknown>>;

/** A route that clients reach through the router. */
export type Route = {
  readonly service: PassedService;
  readonly method: string;
  /** As Fastify writes it, with `:id`. */
  readonly path: string;
  readonly schema: RouteDoc & {
    readonly params?: Schema;
    readonly querystring?: Schema;
    readonly body?: Schema;
    readonly response?: Readonly<Record<string, Schema>>;
  };
};

/** Declares the routes; nothing is called meanwhile, so that no part has to be there. */
const declarations: Readonly<Record<PassedService, (app: App) => void>> = {
  knowledge: (app) => {
    acceptUploads(app, 1);
    dataRoutes(app, {
      memory: {},
      jobs: {},
      vault: {},
      tools: [...vaultTools({} as VaultDesk), ...knowledgeTools({} as ToolSources)],
      bodyLimitBytes: 1,
    } as unknown as DataDeps);
  },
  speech: (app) =>
    audioRoutes(app, { jobs: {}, transcriptions: { maxUploadBytes: 1 } } as unknown as AudioDeps),
};

/** The services' real routes as they are declared, without those that the router keeps to itself. */
export async function serviceRoutes(): Promise<readonly Route[]> {
  const of = await Promise.all([routesOf("knowledge"), routesOf("speech")]);
  return of.flat();
}

async function routesOf(service: PassedService): Promise<readonly Route[]> {
  const app = createApp({ log: createLogger("openapi", "silent"), bodyLimitBytes: 1 });
  const routes: Route[] = [];
  app.addHook("onRoute", ({ method, url, schema }) => {
    // HEAD follows from GET. Methods that only answer 405 have no schema.
    const isTold = schema !== undefined && method !== "HEAD" && serviceOf(url) === service;
    if (!isTold) return;
    const known = schema as Route["schema"];
    const [first] = [method].flat();
    routes.push({ service, method: String(first).toLowerCase(), path: url, schema: known });
  });
  declarations[service](app);
  await app.ready();
  await app.close();
  return routes;
}
