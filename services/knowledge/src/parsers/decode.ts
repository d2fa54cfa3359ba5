import { AppError } from "@benchai/contract/errors";

import type { ParserInput } from "./parser.ts";

/** Where a NUL says that a file is no text. */
const headBytes = 8_192;

/**
 * The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252 when that makes text. Lines end with `\n` in
 * it, no mark leads it, and no surrogate stands alone. Throws document_unreadable for what is not text.
 */
export function decodeText({ path, bytes }: ParserInput): string {
  const utf16 = utf16Label(bytes);
  if (utf16) return normalised(new TextDecoder(utf16).decode(bytes));
  if (bytes.subarray(0, headBytes).includes(0)) throw notText(path, "it has NUL bytes");
  try {
    return normalised(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return normalised(decodeOther(path, bytes));
  }
}

/** Text as documents hold it: `\n` ends lines, no surrogate stands alone. */
export function normalised(text: string): string {
  const wellFormed = text.toWellFormed();
  if (!wellFormed.includes("\r")) return wellFormed;
  // A lone CR ends lines only in the files of old Macintoshes, which have no other line ends.
  return wellFormed.includes("\n") ? wellFormed.replaceAll("\r\n", "\n") : wellFormed.replaceAll("\r", "\n");
}

function utf16Label([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** Text that is not quite UTF-8: with a few broken characters, or of the older Western encoding. */
function decodeOther(path: string, bytes: Uint8Array): string {
  const utf8 = new TextDecoder("utf-8").decode(bytes);
  const broken = count(utf8, /\u{fffd}+/gu);
  const whole = count(utf8, /[^\0-\x7f\u{fffd}]/gu);
  if (whole > broken * 4) return utf8;
  const western = new TextDecoder("windows-1252").decode(bytes);
  const strange = count(western, /[^\P{Cc}\s]/gu);
  const foreign = count(western, /[^\0-\x7f]/gu);
  if (strange > western.length / 1_000 || foreign > western.length * 0.3) {
    throw notText(path, "it is neither UTF-8 nor Windows-1252");
  }
  return western;
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _ of text.matchAll(pattern)) found += 1;
  return found;
}

function notText(path: string, reason: string): AppError {
  return new AppError(
    "document_unreadable",
    `${path} is not text: ${reason}. Save it as UTF-8 if it should be.`,
  );
}
