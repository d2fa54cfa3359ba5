import { Type } from "typebox";

import { CollectionRequest, CollectionView, SourceView } from "@benchai/contract/rag";
import type { App } from "@benchai/kernel/app";

import { listAnswer } from "./list-answer.ts";
import { ownerOf } from "./owner.ts";

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

/** `/v1/rag/collections` and `/v1/rag/sources`. */
export function collectionRoutes(app: App, deps: CollectionDeps): void {
  const base = "/v1/rag/collections";
  const one = `${base}/:name`;
  const shown = { response: { "2xx": CollectionView } };

  app.get(base, { schema: { response: { 200: listAnswer(CollectionView) } } }, async (request) => ({
    object: "list" as const,
    data: await deps.listCollections({ owner: ownerOf(request) }),
  }));
  app.post(base, { schema: { body: CollectionRequest, ...shown } }, async (request, reply) => {
    const { name, description = "" } = request.body;
    void reply.code(201);
    return deps.createCollection({ owner: ownerOf(request), name, description, nowMs: Date.now() });
  });
  app.get(one, { schema: { params: Params, ...shown } }, async (request) =>
    deps.collection({ owner: ownerOf(request), name: request.params.name }),
  );
  app.patch(one, { schema: { params: Params, body: Change, ...shown } }, async (request) => {
    const { name: newName, description } = request.body;
    return deps.changeCollection({
      owner: ownerOf(request),
      name: request.params.name,
      newName,
      description,
    });
  });
  app.delete(one, { schema: { params: Params } }, async (request, reply) => {
    await deps.deleteCollection({ owner: ownerOf(request), name: request.params.name });
    return reply.code(204).send();
  });
  sourceRoutes(app, deps);
}

function sourceRoutes(app: App, deps: CollectionDeps): void {
  const Query = Type.Object({ collection: Type.Optional(Type.String()) });
  const schema = { querystring: Query, response: { 200: listAnswer(SourceView) } };
  app.get("/v1/rag/sources", { schema }, async (request) => ({
    object: "list" as const,
    data: await deps.listSources({ owner: ownerOf(request), collection: request.query.collection }),
  }));
  const Id = Type.Object({ id: Type.String() });
  app.delete("/v1/rag/sources/:id", { schema: { params: Id } }, async (request, reply) => {
    await deps.deleteSource({ owner: ownerOf(request), id: request.params.id });
    return reply.code(204).send();
  });
}
