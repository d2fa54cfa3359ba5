import { createApp, type RouteDoc } from "@benchai/kernel/app";
import { createLogger } from "@benchai/kernel/log";

import { type DataDeps, dataRoutes } from "../../services/knowledge/src/app.ts";
import { knowledgeTools, type ToolSources } from "../../services/knowledge/src/mcp-tools.ts";
import { vaultTools } from "../../services/knowledge/src/mcp-vault-tools.ts";
import { acceptUploads } from "../../services/knowledge/src/routes/upload.ts";
import type { VaultDesk } from "../../services/knowledge/src/vault.ts";
import { serviceOf } from "../../services/router/src/core/passed-on.ts";

/** A JSON schema (draft 2020-12), which OpenAPI 3.1 takes as it is. */
export type Schema = Readonly<Record<string, unknown>>;

/** A route of the knowledge service that clients reach. */
export type Route = {
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

/** Nothing is called while routes are declared. */
const deps = {
  memory: {},
  jobs: {},
  vault: {},
  tools: [...vaultTools({} as VaultDesk), ...knowledgeTools({} as ToolSources)],
  bodyLimitBytes: 1,
} as unknown as DataDeps;

/** The service's real routes as they are declared, without those that the router keeps to itself. */
export async function knowledgeRoutes(): Promise<readonly Route[]> {
  const app = createApp({ log: createLogger("openapi", "silent"), bodyLimitBytes: 1 });
  const routes: Route[] = [];
  app.addHook("onRoute", ({ method, url, schema }) => {
    // HEAD follows from GET. Methods that only answer 405 have no schema.
    const isTold = schema !== undefined && method !== "HEAD" && serviceOf(url) === "knowledge";
    if (isTold)
      routes.push({ method: String(method).toLowerCase(), path: url, schema: schema as Route["schema"] });
  });
  acceptUploads(app, 1);
  dataRoutes(app, deps);
  await app.ready();
  await app.close();
  return routes;
}
