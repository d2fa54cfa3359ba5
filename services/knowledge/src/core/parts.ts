/** A longer word is nobody's identifier but encoded bytes, whose parts would be noise. */
const longestIdentifier = 64;

/** One part of an identifier: `HTTP` before `Server`, a capitalised word, small letters, digits. */
const identifierPart = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{N}+/gu;

/** The parts of `getUserName`, `HTTPServer` or `sha256`, in order, in small letters; none when the word does not split. */
export function identifierParts(token: string): string[] {
  const parts = token.length > longestIdentifier ? [] : (token.match(identifierPart) ?? []);
  return parts.length > 1 ? parts.map((part) => part.toLowerCase()) : [];
}

/** A run of scripts that are written without spaces, or glue particles to words, and that the tokenizer takes for one word. */
export const cjkRun = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々〆]+/gu;

/** Every two characters that stand beside each other in such a run; the run itself when it is one character. */
export function cjkBigrams(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, i) => `${characters[i]}${character}`);
}

/** What decides in ASCII whether a word may split between two characters; `capitals` follow another capital. */
const [none, small, capital, digit, capitals, split] = [0, 1, 2, 3, 4, 5];

/** A word may split between a character of the first kind and one of the second. */
const splittingPairs = [
  [small, capital],
  [small, digit],
  [digit, small],
  [digit, capital],
  [capital, digit],
  [capitals, digit],
  [capitals, small],
] as const;

/** What follows on each of the kinds above and an ASCII character, at `128 * kind + code`. */
const states = Uint8Array.from({ length: 5 * 128 }, (_, i) => {
  const kind = i >> 7;
  const next = asciiKind(String.fromCharCode(i & 127));
  if (splittingPairs.some(([first, second]) => first === kind && second === next)) return split;
  return next === capital && (kind === capital || kind === capitals) ? capitals : next;
});

function asciiKind(character: string): number {
  if (/[a-z]/.test(character)) return small;
  if (/[A-Z]/.test(character)) return capital;
  return /[0-9]/.test(character) ? digit : none;
}

/**
 * What the index's column `parts` holds for a text: the parts of each different identifier, in order, so that they
 * are found as a phrase too; the bigrams of each different CJK run; and words that such a run is glued to. The
 * index's own tokenizer finds everything else. Runs over every byte that is indexed, hence the jumps.
 */
export function indexParts(text: string): string {
  const derived = new Map<string, string>();
  const glued = new Set<string>();
  const derive = (from: number, to: number, toParts: (run: string) => readonly string[]) => {
    const run = text.slice(from, to);
    if (!derived.has(run)) derived.set(run, toParts(run).join(" "));
  };
  const deriveGlued = (from: number, to: number) => {
    derive(from, to, identifierParts);
    glued.add(text.slice(from, to).toLowerCase());
  };
  const units = unitsOf(text);
  for (let at = candidateFrom(units, 0); at < units.length;) {
    const kind = kindAt(units, at);
    const end = endOfRun(units, at, kind);
    if (kind === cjk) {
      derive(at, end, cjkBigrams);
      deriveGlued(wordStart(units, at), at);
      deriveGlued(end, endOfRun(units, end, word));
    } else if (kind === word) derive(wordStart(units, at), end, identifierParts);
    at = candidateFrom(units, Math.max(end, at + 1));
  }
  return [...derived.values(), ...glued].filter(Boolean).join(" ");
}

/** Reused by every call: an array is read in a fraction of the time that a string's characters take. */
let scratch = new Uint16Array(8_192);

/** The text's UTF-16 units, until the next call. */
function unitsOf(text: string): Uint16Array {
  if (scratch.length < text.length) scratch = new Uint16Array(2 * text.length);
  Buffer.from(scratch.buffer).write(text, "utf16le");
  return scratch.subarray(0, text.length);
}

/** The next character beyond ASCII, or within a word that may split before it; the length when there is none. */
function candidateFrom(units: Uint16Array, from: number): number {
  let state = none;
  for (let at = from; at < units.length; at += 1) {
    const unit = units[at] ?? 0;
    if (unit > 127) return at;
    state = states[(state << 7) | unit] ?? none;
    if (state === split) return at;
  }
  return units.length;
}

const [unknown, word, cjk, neither] = [0, 1, 2, 3];
const cjkCharacter = new RegExp(`^${cjkRun.source}$`, "u");

/** The kind of each UTF-16 unit, kept when it is first met. */
const kinds = new Uint8Array(0x1_00_00);

/** A surrogate is of its pair's kind if that is CJK, and neither otherwise: identifiers are not written in pairs. */
function kindAt(units: Uint16Array, at: number): number {
  const unit = units[at] ?? 0;
  if ((unit & 0xf8_00) === 0xd8_00) return kindOfSurrogate(units, at);
  if (kinds[unit] === unknown) kinds[unit] = kindOf(String.fromCharCode(unit));
  return kinds[unit] ?? neither;
}

function kindOfSurrogate(units: Uint16Array, at: number): number {
  const first = ((units[at] ?? 0) & 0xfc_00) === 0xdc_00 ? at - 1 : at;
  return cjkCharacter.test(String.fromCharCode(...units.subarray(Math.max(first, 0), first + 2)))
    ? cjk
    : neither;
}

function kindOf(character: string): number {
  if (cjkCharacter.test(character)) return cjk;
  return /[\p{L}\p{N}\p{M}]/u.test(character) ? word : neither;
}

function endOfRun(units: Uint16Array, from: number, kind: number): number {
  let end = from;
  while (end < units.length && kindAt(units, end) === kind) end += 1;
  return end;
}

function wordStart(units: Uint16Array, from: number): number {
  let start = from;
  while (start > 0 && kindAt(units, start - 1) === word) start -= 1;
  return start;
}
