/** A text as it is stored, beside what parsers see of it: no byte order mark, and `\n` at the ends of lines. */
export type StoredText = {
  readonly stored: string;
  readonly plain: string;
  /** The line end that most lines have; `\n` when there is none. */
  readonly lineEnd: string;
};

/** Puts `text`, whose lines end with `\n`, in the place of a part of the plain text. */
export type PlainEdit = { readonly start: number; readonly end: number; readonly text: string };

const byteOrderMark = "\u{feff}";

export function readStored(stored: string): StoredText {
  const body = stored.startsWith(byteOrderMark) ? stored.slice(1) : stored;
  return { stored, plain: withPlainLineEnds(body), lineEnd: commonLineEnd(body) };
}

/** A lone CR ends lines only in the files of old Macintoshes, which have no other line ends. */
export function withPlainLineEnds(text: string): string {
  if (!text.includes("\r")) return text;
  return text.includes("\n") ? text.replaceAll("\r\n", "\n") : text.replaceAll("\r", "\n");
}

function commonLineEnd(text: string): string {
  if (!text.includes("\n")) return text.includes("\r") ? "\r" : "\n";
  const windows = count(text, "\r\n");
  return windows * 2 > count(text, "\n") ? "\r\n" : "\n";
}

function count(text: string, part: string): number {
  let found = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) found += 1;
  return found;
}

/** The stored text with one part changed; everything outside it keeps its bytes. */
export function applyEdit({ stored, lineEnd }: StoredText, { start, end, text }: PlainEdit): string {
  const from = storedOffset(stored, start);
  const to = storedOffset(stored, end);
  const inserted = lineEnd === "\n" ? text : text.replaceAll("\n", lineEnd);
  return stored.slice(0, from) + inserted + stored.slice(to);
}

/** Where an offset of the plain text lies in the stored one. Before a line end is before both of its characters. */
function storedOffset(stored: string, plainOffset: number): number {
  let offset = plainOffset + (stored.startsWith(byteOrderMark) ? 1 : 0);
  for (let at = stored.indexOf("\r\n"); at !== -1 && at < offset; at = stored.indexOf("\r\n", at + 2))
    offset += 1;
  return offset;
}
