import { AppError } from "@benchai/contract/errors";
import mammoth from "mammoth";

import type { ParsedDocument } from "../core/document.ts";
import { markdownOf } from "./html.ts";
import { fromMarkdown } from "./markdown.ts";
import type { ParserInput } from "./parser.ts";
import { unpackedBytes } from "./zip-size.ts";

/** What a docx may unpack to; the longest novels stay below 20 MB. */
const mostUnpackedBytes = 128 * 1_048_576;

export async function parseDocx({ path, bytes }: ParserInput): Promise<ParsedDocument> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unpacked = unpackedBytes(buffer);
  if (unpacked === undefined)
    throw new AppError("document_unreadable", `${path} is not a docx file: it is no zip.`);
  if (unpacked > mostUnpackedBytes) {
    const size = `${Math.round(unpacked / 1_048_576)} MiB`;
    throw new AppError(
      "document_unreadable",
      `${path} would unpack to ${size}; 128 MiB is the most that is read.`,
    );
  }
  const convertImage = mammoth.images.imgElement(() => Promise.resolve({ src: "" }));
  const { value } = await mammoth.convertToHtml({ buffer }, { convertImage, externalFileAccess: false });
  return fromMarkdown("docx", markdownOf(value.replaceAll(/<img[^>]*>/gu, "")), path);
}
