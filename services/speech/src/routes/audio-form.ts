import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { MultipartFile } from "@fastify/multipart";
import type { FastifyRequest } from "fastify";

import { AppError } from "@benchai/contract/errors";

import type { FormFields } from "../core/transcription-request.ts";

export type AudioForm = { readonly path: string; readonly fields: FormFields };

/** What `@fastify/multipart` takes at most beside the file. */
export const formLimits = { files: 1, fields: 32, fieldSize: 64 * 1_024, parts: 33, headerPairs: 64 };

/**
 * Reads a form with a field `file` into a file of its own, and lends it to `use`; it is gone afterwards, whatever happened.
 * The name that the client gave is not used. Errors: `body_too_large`, `invalid_request`, `unsupported_media_type`.
 */
export async function withAudioForm<T>(
  request: FastifyRequest,
  use: (form: AudioForm) => Promise<T>,
): Promise<T> {
  if (!request.isMultipart())
    throw new AppError(
      "unsupported_media_type",
      "send the recording as multipart/form-data, in the field `file`",
    );
  const folder = await mkdtemp(join(tmpdir(), "audio-"));
  try {
    const path = join(folder, "recording");
    return await use({ path, fields: await readForm(request, path) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readForm(request: FastifyRequest, path: string): Promise<FormFields> {
  const fields: [string, string][] = [];
  let hasFile = false;
  try {
    for await (const part of request.parts()) {
      if (part.type === "field") fields.push([part.fieldname, String(part.value)]);
      else if (part.fieldname !== "file") part.file.resume();
      else hasFile = await keep(part.file, path);
    }
  } catch (error) {
    throw refusal(error);
  }
  if (hasFile) return fields;
  throw new AppError("invalid_request", "the form must have a recording in its field `file`", {
    param: "file",
  });
}

/** What is too large ends, as if it were whole. */
async function keep(file: MultipartFile["file"], path: string): Promise<true> {
  await pipeline(file, createWriteStream(path));
  if (file.truncated) throw tooLarge();
  return true;
}

function tooLarge(): AppError {
  return new AppError("body_too_large", "the file is larger than this service takes (MAX_UPLOAD_BYTES)", {
    param: "file",
  });
}

/** `@fastify/multipart`'s refusals in our words. Whatever else breaks a form is the sender's, but for a full disk. */
function refusal(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_REQ_FILE_TOO_LARGE") return tooLarge();
  if (code === "ENOSPC")
    return new AppError("storage_full", "there is no room for the recording; try again later", {
      cause: error,
      retryAfterS: 10,
    });
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError("invalid_request", `the form cannot be read: ${reason}`, { cause: error });
}
