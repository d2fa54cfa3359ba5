/** A text and where its lines begin, so that runs of whole lines are cut out of it as they are. Lines count from 0 here. */
export type TextLines = {
  readonly text: string;
  /** Offset of each line in UTF-16 units, in order. */
  readonly starts: readonly number[];
};

/** Finds the lines of a text whose lines end with `\n`; like `text.split("\n")`, it has one line more than line ends. */
export function findLines(text: string): TextLines {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return { text, starts };
}

export function startOf(lines: TextLines, line: number): number {
  return lines.starts[line] ?? lines.text.length + 1;
}

/** Where a line ends, without its line end. */
export function endOf(lines: TextLines, line: number): number {
  return startOf(lines, line + 1) - 1;
}

/** The line that an offset stands in. */
export function lineAt(lines: TextLines, offset: number): number {
  let low = 0;
  let high = lines.starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (startOf(lines, middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Lines `first` to `end`, the last excluded, joined by `\n`. */
export function linesText(lines: TextLines, first: number, end: number): string {
  return lines.text.slice(startOf(lines, first), endOf(lines, end - 1));
}

export function charsIn(lines: TextLines, first: number, end: number): number {
  return endOf(lines, end - 1) - startOf(lines, first);
}

/** Whether a line has nothing but white space. */
export function isBlank(lines: TextLines, line: number): boolean {
  const end = endOf(lines, line);
  let at = startOf(lines, line);
  while (at < end && isAsciiSpace(lines.text.charCodeAt(at))) at += 1;
  // What is not ASCII may still be white space: rare enough to ask the engine.
  return at === end || (lines.text.charCodeAt(at) > 127 && lines.text.slice(at, end).trim() === "");
}

function isAsciiSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** The first `most` UTF-16 units, or one fewer where that would cut a surrogate pair. */
export function shorten(text: string, most: number): string {
  return text.slice(0, cutBefore(text, most));
}

/** The nearest offset at or before `at` that does not cut a surrogate pair. */
export function cutBefore(text: string, at: number): number {
  const isInside =
    at > 0 && at < text.length && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
  return isInside ? at - 1 : Math.min(at, text.length);
}

function isHigh(code: number): boolean {
  return code >= 0xd8_00 && code <= 0xdb_ff;
}

function isLow(code: number): boolean {
  return code >= 0xdc_00 && code <= 0xdf_ff;
}
