/** A Markdown link's destination and where the link ends; offsets are in the text that was read. */
export type Destination = { readonly from: number; readonly to: number; readonly end: number };

/** More is no link, as in cmark, whose limit is 32; it bounds what one bracket may cost. */
const mostParentheses = 8;

/** What follows `](`: a destination, perhaps a title, and `)` (CommonMark 6.3). */
export function linkDestinationAt(text: string, at: number): Destination | undefined {
  const start = skipBlanks(text, at);
  const found = destinationAt(text, start);
  if (!found) return undefined;
  const behind = skipBlanks(text, found.end);
  const titleEnd = behind > found.end ? titleEndAt(text, behind) : undefined;
  const end = titleEnd === undefined ? behind : skipBlanks(text, titleEnd);
  return text[end] === ")" ? { from: found.from, to: found.to, end: end + 1 } : undefined;
}

/** `[label]: destination "title"` that is a whole line (CommonMark 4.7); `end` is where the destination or title ends. */
export function definitionIn(line: string): (Destination & { readonly label: string }) | undefined {
  const close = labelEnd(line);
  const label = close === undefined ? "" : line.slice(1, close);
  // Footnotes look alike.
  if (close === undefined || label.trim() === "" || label.startsWith("^")) return undefined;
  const found = destinationAt(line, skipBlanks(line, close + 2));
  if (!found || found.from === found.end) return undefined;
  const behind = skipBlanks(line, found.end);
  const titleEnd = behind > found.end ? titleEndAt(line, behind) : undefined;
  const end = titleEnd ?? found.end;
  return line.slice(end).trim() === "" ? { from: found.from, to: found.to, end, label } : undefined;
}

/** Where the `]` stands of a label that a colon follows. */
function labelEnd(line: string): number | undefined {
  if (line[0] !== "[") return undefined;
  for (let at = 1; at < line.length; at += 1) {
    const character = line[at];
    if (character === "\\") at += 1;
    else if (character === "[") return undefined;
    else if (character === "]") return line[at + 1] === ":" ? at : undefined;
  }
  return undefined;
}

function destinationAt(text: string, at: number): Destination | undefined {
  if (text[at] !== "<") return plainDestinationAt(text, at);
  const end = bracketedEnd(text, at + 1);
  return end === undefined ? undefined : { from: at + 1, to: end - 1, end };
}

/** Behind the `>`. */
function bracketedEnd(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === ">") return at + 1;
    if (character === "<" || character === "\n") return undefined;
    if (character === "\\" && text[at + 1] !== "\n") at += 1;
  }
  return undefined;
}

/** Without blanks, with balanced parentheses. */
function plainDestinationAt(text: string, at: number): Destination | undefined {
  let depth = 0;
  let end = at;
  for (; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code <= 0x20 || code === 0x7f) break;
    if (code === 0x5c && text.charCodeAt(end + 1) > 0x20) end += 1;
    else if (code === 0x28) depth += 1;
    else if (code === 0x29) depth -= 1;
    if (depth < 0 || depth > mostParentheses) break;
  }
  if (depth > 0) return undefined;
  const to = Math.min(end, text.length);
  return { from: at, to, end: to };
}

function titleEndAt(text: string, at: number): number | undefined {
  const close = { '"': '"', "'": "'", "(": ")" }[text.charAt(at)];
  if (close === undefined) return undefined;
  for (let end = at + 1; end < text.length; end += 1) {
    const character = text[end];
    if (character === "\\") end += 1;
    else if (character === close) return end + 1;
    else if (character === "(" && close === ")") return undefined;
  }
  return undefined;
}

function skipBlanks(text: string, at: number): number {
  let end = at;
  while (end < text.length && /[ \t\n]/u.test(text.charAt(end))) end += 1;
  return end;
}
