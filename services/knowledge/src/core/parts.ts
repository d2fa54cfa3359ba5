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

/** Where a word may split, in ASCII, or any character beyond ASCII: between two of these nothing is derived. */
const candidate = /[a-z][A-Z0-9]|[0-9][A-Za-z]|[A-Z][0-9]|[A-Z]{2}[a-z]|[^\0-\x7f]/g;

/**
 * What the index's column `parts` holds for a text: the parts of each different identifier, in order, so that they
 * are found as a phrase too; the bigrams of each different CJK run; and words that such a run is glued to. The
 * index's own tokenizer finds everything else. Runs over every byte that is indexed, hence the jumps.
 */
export function indexParts(text: string): string {
  const derived = new Map<string, string>();
  const derive = (from: number, to: number, toParts: (run: string) => readonly string[]) => {
    const run = text.slice(from, to);
    if (run && !derived.has(run)) derived.set(run, toParts(run).join(" "));
  };
  for (let at = candidateFrom(text, 0); at < text.length;) {
    const kind = kindAt(text, at);
    const end = kind === "cjk" ? cjkEnd(text, at) : wordEnd(text, at);
    if (kind === "cjk") {
      derive(at, end, cjkBigrams);
      derive(wordStart(text, at), at, gluedParts);
      derive(end, wordEnd(text, end), gluedParts);
    } else if (kind === "word") derive(wordStart(text, at), end, identifierParts);
    at = candidateFrom(text, Math.max(end, at + 1));
  }
  return [...derived.values()].filter(Boolean).join(" ");
}

function candidateFrom(text: string, from: number): number {
  candidate.lastIndex = from;
  return candidate.exec(text)?.index ?? text.length;
}

function gluedParts(word: string): string[] {
  return [word.toLowerCase(), ...identifierParts(word)];
}

type Kind = "word" | "cjk" | "other";

const cjkCharacter = new RegExp(`^${cjkRun.source}$`, "u");

/** The kind of each UTF-16 unit, kept when it is first met. */
const kinds: (Kind | undefined)[] = Array.from({ length: 0x1_00_00 });

function kindAt(text: string, at: number): Kind {
  const code = text.charCodeAt(at);
  // A surrogate means nothing alone; identifiers are not written in pairs.
  if (code >= 0xd8_00 && code <= 0xdf_ff) return cjkCharacter.test(characterAt(text, at)) ? "cjk" : "other";
  return (kinds[code] ??= kindOf(text.charAt(at)));
}

function kindOf(character: string): Kind {
  if (cjkCharacter.test(character)) return "cjk";
  return /[\p{L}\p{N}\p{M}]/u.test(character) ? "word" : "other";
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function cjkEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && kindAt(text, end) === "cjk") end += characterAt(text, end).length;
  return end;
}

function wordEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && kindAt(text, end) === "word") end += 1;
  return end;
}

function wordStart(text: string, from: number): number {
  let start = from;
  while (start > 0 && kindAt(text, start - 1) === "word") start -= 1;
  return start;
}
