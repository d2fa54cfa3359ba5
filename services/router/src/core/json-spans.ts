import { stringEnd } from "./body-scan.ts";

/** A piece of JSON text, from `start` to before `end`. */
export type Span = { readonly start: number; readonly end: number };
/** A member of an object: its key, where that begins, and its value. */
export type Member = { readonly key: string; readonly keyStart: number; readonly value: Span };

/** Replaces a piece of the text; an empty piece inserts. */
export type Edit = Span & { readonly text: string };

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const toUtf8 = new TextEncoder();

/**
 * The members of the object that begins at `start`, in their order, of bytes that `JSON.parse` has accepted. Bytes are
 * edited in place of values so that what is not ours to change stays as it was written: key order, repeated keys,
 * integers beyond 2^53, escapes.
 */
export function membersOf(json: Uint8Array, start: number): readonly Member[] {
  const members: Member[] = [];
  let i = afterBlanks(json, start + 1);
  while (json[i] === quote) {
    const keyEnd = stringEnd(json, i + 1);
    const valueStart = afterBlanks(json, afterBlanks(json, keyEnd, colon));
    const end = valueEnd(json, valueStart);
    members.push({ key: keyText(json.subarray(i, keyEnd)), keyStart: i, value: { start: valueStart, end } });
    i = afterBlanks(json, afterBlanks(json, end, comma));
  }
  return members;
}

/** The elements of the array that begins at `start`; see `membersOf`. */
export function elementsOf(json: Uint8Array, start: number): readonly Span[] {
  const elements: Span[] = [];
  let i = afterBlanks(json, start + 1);
  while (i < json.length && json[i] !== closeBracket) {
    const end = valueEnd(json, i);
    elements.push({ start: i, end });
    i = afterBlanks(json, afterBlanks(json, end, comma));
  }
  return elements;
}

/** The first byte at or after `from` that is not white space, and behind one `skipped` that stands there. */
export function afterBlanks(json: Uint8Array, from: number, skipped?: number): number {
  let i = from;
  while (blanks.has(json[i])) i += 1;
  return skipped !== undefined && json[i] === skipped ? i + 1 : i;
}

/** What cuts a member out of its object, with the comma that parts it from its neighbour. */
export function removalOf(members: readonly Member[], member: Member): Edit {
  const at = members.indexOf(member);
  const next = members[at + 1];
  const last = members[at - 1];
  if (next) return { start: member.keyStart, end: next.keyStart, text: "" };
  return { start: last?.value.end ?? member.keyStart, end: member.value.end, text: "" };
}

/** The text with all edits made; they must not overlap. */
export function edited(json: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(json.subarray(from, start), toUtf8.encode(text));
    from = end;
  }
  parts.push(json.subarray(from));
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function keyText(bytes: Uint8Array): string {
  return String(JSON.parse(utf8.decode(bytes)));
}

function valueEnd(json: Uint8Array, start: number): number {
  const first = json[start];
  if (first === quote) return stringEnd(json, start + 1);
  return first === openBrace || first === openBracket ? containerEnd(json, start) : scalarEnd(json, start);
}

function scalarEnd(json: Uint8Array, start: number): number {
  let i = start;
  while (i < json.length && !endsScalar(json[i])) i += 1;
  return i;
}

function endsScalar(byte: number | undefined): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || blanks.has(byte);
}

function containerEnd(json: Uint8Array, start: number): number {
  let depth = 0;
  for (let i = start; i < json.length; i += 1) {
    const byte = json[i];
    if (byte === quote) i = stringEnd(json, i + 1) - 1;
    else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) depth -= 1;
    if (depth === 0) return i + 1;
  }
  return json.length;
}
