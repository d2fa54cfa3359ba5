import { Type } from "typebox";

import type { AppError } from "@benchai/contract/errors";
import { AudioJobView } from "@benchai/contract/jobs";
import { SpeechRequest } from "@benchai/contract/speech";
import { type JobDeps, jobRoutes } from "@benchai/jobs/job-routes";
import type { App } from "@benchai/kernel/app";
import { ownerOf } from "@benchai/kernel/owner";

import { type CaptionFormat, captionFormats } from "../core/captions.ts";
import { type FileAnswer, sendFile } from "../edge/file-response.ts";
import { captionAnswers, captionTypes, soundByType, speechErrors } from "./speech.ts";

export type AudioJobDeps = JobDeps & {
  create(owner: string, request: SpeechRequest): Promise<AudioJobView>;
  sound(owner: string, id: string): Promise<FileAnswer>;
  captions(owner: string, id: string, format: CaptionFormat): Promise<string>;
  remove(owner: string, id: string): Promise<void>;
};

const path = "/v1/audio/jobs";
const Params = Type.Object({ id: Type.String() });
const resultErrors = ["not_found", "job_not_done", "result_gone"] as const;

/** Long texts, spoken to a file while nobody waits. With a `problem` instead, all of it is refused for that reason. */
export function audioJobRoutes(app: App, deps: AudioJobDeps | { readonly problem: AppError }): void {
  if ("problem" in deps) return refuseAll(app, deps.problem);
  jobRoutes(app, { path, view: AudioJobView }, deps);
  const create = {
    summary: "Has a text spoken to a file, by a job",
    body: SpeechRequest,
    errors: [...speechErrors, "storage_full"] as const,
    response: { 202: AudioJobView },
  };
  app.post(path, { schema: create }, async (request, reply) => {
    const view = await deps.create(ownerOf(request), request.body);
    return reply.code(202).header("location", `${path}/${view.id}`).send(view);
  });
  const remove = { summary: "Cancels a job, and deletes it with its file", params: Params, answers: {} };
  app.delete(`${path}/:id`, { schema: remove }, async (request, reply) => {
    await deps.remove(ownerOf(request), request.params.id);
    return reply.code(204).send();
  });
  resultRoutes(app, deps);
}

function resultRoutes(app: App, deps: AudioJobDeps): void {
  const sound = {
    summary: "Gives the sound of a job that is done, or ranges of it",
    params: Params,
    errors: resultErrors,
    answers: soundByType,
  };
  app.route({
    method: ["GET", "HEAD"],
    url: `${path}/:id/audio`,
    schema: sound,
    handler: async (request, reply) => {
      const answer = await deps.sound(ownerOf(request), request.params.id);
      reply.hijack();
      await sendFile(reply.raw, request, answer);
    },
  });
  const Query = Type.Object({ format: Type.Optional(Type.Enum([...captionFormats])) });
  const times = {
    summary: "Says when which sentence of a job that is done is heard",
    params: Params,
    querystring: Query,
    errors: resultErrors,
    answers: captionAnswers,
  };
  app.get(`${path}/:id/captions`, { schema: times }, async (request, reply) => {
    const format = request.query.format ?? "json";
    const text = await deps.captions(ownerOf(request), request.params.id, format);
    return reply.type(`${captionTypes[format]}; charset=utf-8`).send(text);
  });
}

function refuseAll(app: App, problem: AppError): void {
  const refuse = async () => {
    throw problem;
  };
  app.all(path, refuse);
  app.all(`${path}/*`, refuse);
}
