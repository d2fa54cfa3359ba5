import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { callKinds } from "../core/call-kinds.ts";

const posts = Object.values(callKinds).map(({ path }) => path);
const gets = ["/", "/v1/models", "/v1/models/*", "/health", "/livez", "/readyz", "/metrics"];
const all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Known paths with other methods: OPTIONS says what is allowed, everything else gets 405. */
export function otherMethods(app: App): void {
  for (const url of posts) refuseOthers(app, url, ["POST"]);
  for (const url of gets) refuseOthers(app, url, ["GET", "HEAD"]);
}

function refuseOthers(app: App, url: string, allowed: readonly string[]): void {
  const allow = [...allowed, "OPTIONS"].join(", ");
  app.options(url, async (_request, reply) => reply.code(204).header("allow", allow).send());
  app.route({
    method: all.filter((method) => !allowed.includes(method)),
    url,
    // Before the body: a refused method's body is not read.
    onRequest: (request, reply, done) => {
      void reply.header("allow", allow);
      done(
        new AppError(
          "method_not_allowed",
          `${request.method} ${url} is not possible; use ${allowed.join(" or ")}`,
        ),
      );
    },
    handler: async () => undefined,
  });
}
