import { Type } from "typebox";

import { CollectionRequest, CollectionView, SourceView } from "@benchai/contract/rag";
import type { App } from "@benchai/kernel/app";

import { listAnswer, nothing } from "./answers.ts";
import { ownerOf } from "@benchai/kernel/owner";

export type CollectionDeps = {
  listCollections(call: { owner: string }): Promise<CollectionView[]>;
  collection(call: { owner: string; name: string }): Promise<CollectionView>;
  createCollection(call: {
    owner: string;
    name: string;
    description: string;
    nowMs: number;
  }): Promise<CollectionView>;
  changeCollection(call: {
    owner: string;
    name: string;
    newName?: string | undefined;
    description?: string | undefined;
  }): Promise<CollectionView>;
  /** Gone from the disk, the index and what is held in memory when it resolves. */
  deleteCollection(call: { owner: string; name: string }): Promise<unknown>;
  listSources(call: { owner: string; collection?: string | undefined }): Promise<SourceView[]>;
  deleteSource(call: { owner: string; id: string }): Promise<unknown>;
};

const Params = Type.Object({ name: Type.String() });
const Change = Type.Partial(CollectionRequest, { additionalProperties: false, minProperties: 1 });

const base = "/v1/rag/collections";

/** `/v1/rag/collections` and `/v1/rag/sources`. */
export function collectionRoutes(app: App, deps: CollectionDeps): void {
  const list = { summary: "The owner's collections", response: { 200: listAnswer(CollectionView) } };
  app.get(base, { schema: list }, async (request) => ({
    object: "list" as const,
    data: await deps.listCollections({ owner: ownerOf(request) }),
  }));
  const create = {
    summary: "Makes a collection; indexing into a new name makes it as well",
    errors: ["conflict"] as const,
    body: CollectionRequest,
    response: { 201: CollectionView },
  };
  app.post(base, { schema: create }, async (request, reply) => {
    const { name, description = "" } = request.body;
    void reply.code(201);
    return deps.createCollection({ owner: ownerOf(request), name, description, nowMs: Date.now() });
  });
  oneCollectionRoutes(app, deps);
  sourceRoutes(app, deps);
}

function oneCollectionRoutes(app: App, deps: CollectionDeps): void {
  const one = `${base}/:name`;
  const shown = { response: { 200: CollectionView } };
  const missing = ["not_found"] as const;
  const get = { summary: "One collection", errors: missing, params: Params, ...shown };
  app.get(one, { schema: get }, async (request) =>
    deps.collection({ owner: ownerOf(request), name: request.params.name }),
  );
  const change = {
    summary: "Renames a collection, or describes it anew",
    errors: ["not_found", "conflict"] as const,
    params: Params,
    body: Change,
    ...shown,
  };
  app.patch(one, { schema: change }, async (request) => {
    const { name: newName, description } = request.body;
    return deps.changeCollection({
      owner: ownerOf(request),
      name: request.params.name,
      newName,
      description,
    });
  });
  const remove = {
    summary: "Deletes a collection with all in it",
    errors: missing,
    params: Params,
    ...nothing,
  };
  app.delete(one, { schema: remove }, async (request, reply) => {
    await deps.deleteCollection({ owner: ownerOf(request), name: request.params.name });
    return reply.code(204).send();
  });
}

function sourceRoutes(app: App, deps: CollectionDeps): void {
  const Query = Type.Object({ collection: Type.Optional(Type.String()) });
  const schema = {
    summary: "The folders that are watched, and where uploads and pasted texts went",
    querystring: Query,
    response: { 200: listAnswer(SourceView) },
  };
  app.get("/v1/rag/sources", { schema }, async (request) => ({
    object: "list" as const,
    data: await deps.listSources({ owner: ownerOf(request), collection: request.query.collection }),
  }));
  const Id = Type.Object({ id: Type.String() });
  const remove = {
    summary: "Forgets a source with its documents; the files stay where they are",
    errors: ["not_found"] as const,
    params: Id,
    ...nothing,
  };
  app.delete("/v1/rag/sources/:id", { schema: remove }, async (request, reply) => {
    await deps.deleteSource({ owner: ownerOf(request), id: request.params.id });
    return reply.code(204).send();
  });
}
