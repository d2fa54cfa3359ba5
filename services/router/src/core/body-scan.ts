export type BodyScan = {
  /** The deepest nesting of objects and arrays; the walk stops at the first level beyond the limit. */
  readonly depth: number;
  /** Where each key of the outermost object begins and ends, quotes included: start, end, start, end, … */
  readonly keySpans: readonly number[];
};

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;

/**
 * Walks JSON bytes once, before they are parsed, for what `JSON.parse` cannot tell: nesting that would cost
 * its stack, and keys that stand twice in the outermost object. Right for well-formed JSON; for anything
 * else it ends without harm, and `JSON.parse` refuses it afterwards.
 */
export function scanBody(bytes: Uint8Array, maxDepth: number): BodyScan {
  const keySpans: number[] = [];
  let depth = 0;
  let deepest = 0;
  let isKeyNext = false;
  let isObject = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === quote) {
      const end = stringEnd(bytes, i + 1);
      if (isKeyNext) keySpans.push(i, end);
      isKeyNext = false;
      i = end - 1;
    } else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      deepest = Math.max(deepest, depth);
      if (deepest > maxDepth) break;
      if (depth === 1) isKeyNext = isObject = byte === openBrace;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    else if (byte === comma && depth === 1) isKeyNext = isObject;
  }
  return { depth: deepest, keySpans };
}

/** How far a string is walked here; a search in native code pays for itself only beyond. */
const walkedBytes = 32;

/** The index behind the quote that closes the string whose content begins at `start`. */
export function stringEnd(bytes: Uint8Array, start: number): number {
  let i = start;
  while (i < bytes.length) {
    const near = Math.min(bytes.length, i + walkedBytes);
    while (i < near && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1;
    if (i < near) return i + 1;
    const found = i < bytes.length ? bytes.indexOf(quote, i) : -1;
    if (found === -1) return bytes.length;
    if (!isEscaped(bytes, found, i)) return found + 1;
    i = found + 1;
  }
  return bytes.length;
}

/** Whether an odd number of backslashes stands before `at`; none before `from` can belong to it. */
function isEscaped(bytes: Uint8Array, at: number, from: number): boolean {
  let i = at - 1;
  while (i >= from && bytes[i] === backslash) i -= 1;
  return (at - 1 - i) % 2 === 1;
}
