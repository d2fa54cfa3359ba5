import type { ServerResponse } from "node:http";
import { type TSchema, Type } from "typebox";

import { jobStates, type JobState, type JobViewOf } from "@benchai/contract/jobs";
import type { App } from "@benchai/kernel/app";
import { commentText, eventText, openEventStream } from "@benchai/kernel/event-stream";
import { ownerOf } from "@benchai/kernel/owner";

import { isFinal } from "./job.ts";

type View = JobViewOf<string>;

export type JobDeps = {
  listJobs(call: { owner: string; limit: number; state?: JobState | undefined }): Promise<View[]>;
  jobById(call: { owner: string; id: string }): Promise<View>;
  readonly jobs: {
    cancel(owner: string, id: string): Promise<View>;
    retry(owner: string, id: string): Promise<View>;
    watch(id: string, watcher: (view: View) => void): () => void;
  };
};

/** Where the routes are, and the schema of a job there. */
export type JobPlace = { readonly path: string; readonly view: TSchema };

const Params = Type.Object({ id: Type.String() });
const heartbeatMs = 15_000;
const listLimit = 200;

/** Jobs at `path`: list, look, follow, cancel, retry. */
export function jobRoutes(app: App, { path, view }: JobPlace, deps: JobDeps): void {
  const Query = Type.Object({ state: Type.Optional(Type.Enum(jobStates)) });
  const list = {
    summary: "The owner's newest jobs",
    querystring: Query,
    response: { 200: Type.Object({ object: Type.Literal("list"), data: Type.Array(view) }) },
  };
  app.get(path, { schema: list }, async (request) => ({
    object: "list" as const,
    data: await deps.listJobs({ owner: ownerOf(request), limit: listLimit, state: request.query.state }),
  }));
  const one = { params: Params, response: { 200: view } };
  const get = { summary: "How far a job is", errors: ["not_found"] as const, ...one };
  app.get(`${path}/:id`, { schema: get }, async (request) =>
    deps.jobById({ owner: ownerOf(request), id: request.params.id }),
  );
  const errors = ["not_found", "conflict"] as const;
  const cancel = { summary: "Cancels a job that waits or runs", errors, ...one };
  app.post(`${path}/:id/cancel`, { schema: cancel }, async (request) =>
    deps.jobs.cancel(ownerOf(request), request.params.id),
  );
  const retry = { summary: "Runs a failed or cancelled job again", errors, ...one };
  app.post(`${path}/:id/retry`, { schema: retry }, async (request) =>
    deps.jobs.retry(ownerOf(request), request.params.id),
  );
  const events = {
    summary: "The job and each change of it as events named `job`, until it has ended",
    errors: ["not_found"] as const,
    params: Params,
    answers: { "text/event-stream": view },
  };
  app.get(`${path}/:id/events`, { schema: events }, async (request, reply) => {
    const call = { owner: ownerOf(request), id: request.params.id };
    // Before the response is ours: an unknown job is still answered 404.
    await deps.jobById(call);
    reply.hijack();
    await follow(deps, call, reply.raw);
  });
}

/** Sends the job as it is and every change, until it has ended or the client has left. */
async function follow(
  deps: JobDeps,
  call: { owner: string; id: string },
  raw: ServerResponse,
): Promise<void> {
  let sent = -1;
  openEventStream(raw);
  const heartbeat = setInterval(() => raw.write(commentText("alive")), heartbeatMs);
  const stop = deps.jobs.watch(call.id, send);
  raw.on("close", () => {
    stop();
    clearInterval(heartbeat);
  });
  // Read after the watch began, so that no change falls between.
  await deps.jobById(call).then(send, () => raw.end());

  function send(view: View): void {
    // What was read before a change may arrive after it; progress never goes back.
    if (raw.writableEnded || view.done < sent) return;
    sent = view.done;
    raw.write(eventText("job", view));
    if (isFinal(view)) raw.end();
  }
}
