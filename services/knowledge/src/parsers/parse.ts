import { AppError } from "@benchai/contract/errors";

import type { ParsedDocument } from "../core/document.ts";
import { formatOf, formats } from "./formats.ts";
import type { ParserInput } from "./parser.ts";

/**
 * Reads a document and cuts it into chunks. Hostile input can make it slow or large: services call it through a
 * `ParserPool`. Errors: unsupported_media_type, document_unreadable.
 */
export async function parseDocument(input: ParserInput): Promise<ParsedDocument> {
  const format = formatOf(input.path, input.mediaType);
  if (!format) {
    const known = Object.values(formats).flatMap(({ extensions }) => extensions.slice(0, 1));
    const advice = `Supported are ${known.join(", ")}, source code and the like.`;
    throw new AppError("unsupported_media_type", `${input.path}: this kind of file is not read. ${advice}`);
  }
  const parse = await formats[format].load();
  try {
    return await parse(input);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError("document_unreadable", `${input.path} cannot be read as ${format}: ${reason}`, {
      cause: error,
    });
  }
}
