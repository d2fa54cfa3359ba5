import { Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { type FileView, ownedFilePurpose, type StoredFile } from "../edge/store/files.ts";
import { listAnswer } from "./answers.ts";
import { ownerOf } from "@benchai/kernel/owner";
import { readUpload } from "./upload.ts";

export type FileDeps = {
  createFile(call: {
    owner: string;
    name: string;
    purpose: string;
    bytes: Uint8Array;
    nowMs: number;
  }): Promise<FileView>;
  listFiles(call: { owner: string; purpose?: string | undefined }): Promise<FileView[]>;
  fileById(call: { owner: string; id: string }): Promise<FileView>;
  fileContent(call: { owner: string; id: string }): Promise<StoredFile>;
  deleteFile(call: { owner: string; id: string }): Promise<unknown>;
};

/** The file object (OpenAI API reference, "Files"). */
const FileObject = Type.Object({
  id: Type.String(),
  object: Type.Literal("file"),
  bytes: Type.Integer(),
  created_at: Type.Integer(),
  filename: Type.String(),
  purpose: Type.String(),
  status: Type.Literal("processed"),
});
const FileForm = Type.Object({ file: Type.String({ format: "binary" }), purpose: Type.String() });
const Deleted = Type.Object({ id: Type.String(), object: Type.Literal("file"), deleted: Type.Literal(true) });
const Params = Type.Object({ id: Type.String() });

/** `/v1/files` as OpenAI has it. `POST /v1/rag/documents` with a `file_id` makes a file a document. */
export function fileRoutes(app: App, deps: FileDeps): void {
  const create = {
    summary: "Keeps a file; `POST /v1/rag/documents` makes a document of it",
    bodies: { "multipart/form-data": FileForm },
    response: { 200: FileObject },
  };
  app.post("/v1/files", { schema: create }, async (request) => {
    if (!request.isMultipart())
      throw new AppError("unsupported_media_type", "files are sent as multipart/form-data");
    const { name, bytes, fields } = await readUpload(request);
    return deps.createFile({
      owner: ownerOf(request),
      name,
      purpose: purposeOf(fields),
      bytes,
      nowMs: Date.now(),
    });
  });
  const list = {
    summary: "The owner's files",
    querystring: Type.Object({ purpose: Type.Optional(Type.String()) }),
    response: { 200: listAnswer(FileObject) },
  };
  app.get("/v1/files", { schema: list }, async (request) => ({
    object: "list" as const,
    data: await deps.listFiles({ owner: ownerOf(request), purpose: request.query.purpose }),
  }));
  oneFileRoutes(app, deps);
}

function oneFileRoutes(app: App, deps: FileDeps): void {
  const one = { errors: ["not_found"] as const, params: Params };
  const get = { summary: "One file", ...one, response: { 200: FileObject } };
  app.get("/v1/files/:id", { schema: get }, async (request) =>
    deps.fileById({ owner: ownerOf(request), id: request.params.id }),
  );
  const content = {
    summary: "The bytes of a file",
    ...one,
    answers: { "application/octet-stream": Type.String({ format: "binary" }) },
  };
  app.get("/v1/files/:id/content", { schema: content }, async (request, reply) => {
    const { bytes } = await deps.fileContent({ owner: ownerOf(request), id: request.params.id });
    // Never shown as a page of ours, whatever it is (SECURITY D6).
    void reply.header("content-disposition", "attachment").header("x-content-type-options", "nosniff");
    return reply.type("application/octet-stream").send(Buffer.from(bytes));
  });
  const remove = { summary: "Deletes a file", ...one, response: { 200: Deleted } };
  app.delete("/v1/files/:id", { schema: remove }, async (request) => {
    const { id } = request.params;
    await deps.deleteFile({ owner: ownerOf(request), id });
    return { id, object: "file" as const, deleted: true as const };
  });
}

function purposeOf({ purpose = "" }: Readonly<Record<string, string>>): string {
  if (/^[a-z_]{1,64}$/u.test(purpose) && purpose !== ownedFilePurpose) return purpose;
  throw new AppError(
    "invalid_request",
    "`purpose` must say what the file is for, such as `assistants` or `user_data`",
    {
      param: "purpose",
    },
  );
}
