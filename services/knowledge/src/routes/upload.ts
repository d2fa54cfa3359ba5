import multipart from "@fastify/multipart";
import type { FastifyRequest } from "fastify";

import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

/** An uploaded file and the form's other fields. */
export type Upload = {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly fields: Readonly<Record<string, string>>;
};

const limits = { files: 1, fields: 16, fieldSize: 64 * 1024, parts: 17, headerPairs: 64 };

/** Makes the application read `multipart/form-data`: one file of at most `maxFileBytes`, and a few short fields. */
export function acceptUploads(app: App, maxFileBytes: number): void {
  void app.register(multipart, { limits: { ...limits, fileSize: maxFileBytes }, throwFileSizeLimit: true });
}

/** Reads a form with a field `file`, held in memory. 413 when it is too large, 400 when there is none. */
export async function readUpload(request: FastifyRequest): Promise<Upload> {
  const fields: Record<string, string> = {};
  let file: Omit<Upload, "fields"> | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === "field") fields[part.fieldname] = String(part.value);
      else if (part.fieldname === "file")
        file = { name: part.filename, mediaType: part.mimetype, bytes: await part.toBuffer() };
      else await part.toBuffer();
    }
  } catch (error) {
    throw refusal(error);
  }
  if (file && file.name !== "") return { ...file, fields };
  throw new AppError("invalid_request", "the form must have a file in its field `file`", { param: "file" });
}

/** @fastify/multipart's refusals in our words. Whatever else breaks a form is the sender's as well. */
function refusal(error: unknown): AppError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_REQ_FILE_TOO_LARGE")
    return new AppError("body_too_large", "the file is larger than this service takes (MAX_FILE_BYTES)", {
      param: "file",
    });
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError("invalid_request", `the form cannot be read: ${reason}`, { cause: error });
}
