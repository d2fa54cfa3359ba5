import { AppError } from "@benchai/contract/errors";
import { extractText, getDocumentProxy, getMeta } from "unpdf";

import { chunkText } from "../core/chunkers/text.ts";
import type { ParsedDocument } from "../core/document.ts";
import { findLines } from "../core/lines.ts";
import { normalised } from "./decode.ts";
import { titleOf, type ParserInput } from "./parser.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

export async function parsePdf(input: ParserInput): Promise<ParsedDocument> {
  const pdf = await open(input);
  const { text: pages } = await extractText(pdf, { mergePages: false });
  const meta = await ownMeta(pdf);
  const texts = pages.map((page) => normalised(page));
  const lines = findLines(texts.join("\n\n"));
  const chunks = [];
  let from = 0;
  for (const [index, page] of texts.entries()) {
    const to = from + page.split("\n").length;
    chunks.push(...chunkText(lines, [`page ${index + 1}`], from, to));
    // One blank line parts the pages.
    from = to + 1;
  }
  // Titles that word processors leave are names of files.
  const title = meta.title && !/\.\w{2,5}$|^untitled/iu.test(meta.title) ? meta.title : undefined;
  const ownTitle = titleOf(title, input.path);
  const properties = { pages: pages.length };
  return {
    format: "pdf",
    title: ownTitle,
    text: lines.text,
    tags: [],
    dateMs: meta.dateMs,
    properties,
    chunks,
  };
}

async function open({ path, bytes }: ParserInput): Promise<Pdf> {
  try {
    // It takes the bytes for itself, hence the copy.
    return await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
  } catch (error) {
    const isLocked = error instanceof Error && error.name === "PasswordException";
    const reason = isLocked ? "it is encrypted. Save it without a password" : "it is broken or no PDF";
    throw new AppError("document_unreadable", `${path} cannot be read: ${reason}.`, { cause: error });
  }
}

async function ownMeta(pdf: Pdf): Promise<{ title: string | undefined; dateMs: number | undefined }> {
  const { info } = await getMeta(pdf).catch(() => ({ info: {} as Readonly<Record<string, unknown>> }));
  const { Title: title, CreationDate: created } = info as Readonly<Record<string, unknown>>;
  return {
    title: typeof title === "string" ? normalised(title) : undefined,
    dateMs: typeof created === "string" ? pdfDate(created) : undefined,
  };
}

/** `D:20240131120000+01'00'` in epoch ms; the zone is left out, a day more or less says nothing in a filter. */
function pdfDate(date: string): number | undefined {
  const found = /^D:(\d{4})(\d{2})?(\d{2})?/u.exec(date);
  if (!found) return undefined;
  const [, year, month = "01", day = "01"] = found;
  const ms = Date.parse(`${year}-${month}-${day}T00:00Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
