import type { Piece } from "../piece.ts";
import { PieceCutter, type Style } from "../piece-cutter.ts";
import { malformed, parseSsml, type SsmlToken } from "./parse.ts";
import { sayAs } from "./say-as.ts";
import { Stash } from "./stash.ts";
import { breakMs, combinedRate, rateFactor } from "./values.ts";

type Open = Extract<SsmlToken, { kind: "open" }>;

/** The whole silence that a document may ask for, in ms. */
const maxSilenceMs = 600_000;
const paragraphMs = 350;

/** Elements whose content says something about the text and is not said. */
const hidden = new Set(["desc", "meta", "metadata", "lexicon", "lookup"]);
/** Elements whose text is taken whole, and the attribute that says what for. */
const neededAttribute: ReadonlyMap<string, string> = new Map([
  ["say-as", "interpret-as"],
  ["phoneme", "ph"],
  ["sub", "alias"],
]);

function checked(token: SsmlToken): void {
  if (token.kind !== "open") return;
  const { name, attributes, place } = token;
  if (name === "break" && breakMs(attributes) === undefined)
    throw malformed(place, 'break has a "time" as 500ms or 2s, or a "strength"');
  const rate = attributes["rate"];
  if (name === "prosody" && rate !== undefined && rateFactor(rate) === undefined) {
    throw malformed(place, 'prosody has a "rate" as slow, fast, 120% or 1.2');
  }
  const needed = neededAttribute.get(name);
  if (needed !== undefined && attributes[needed] === undefined)
    throw malformed(place, `${name} needs "${needed}"`);
}

/** Says the tokens one after the other; it holds what is open. */
class SsmlReader {
  readonly #language: string;
  readonly #cutter: PieceCutter;
  readonly #stash = new Stash();
  readonly #styles: Style[];
  #hiddenDepth = 0;
  #inner: { readonly token: Open; depth: number; text: string } | undefined;
  #silenceMs = 0;

  constructor(language: string) {
    this.#language = language;
    this.#cutter = new PieceCutter(language);
    this.#styles = [{ rate: 1, restore: (text) => this.#stash.restore(text) }];
  }

  get #style(): Style {
    return this.#styles.at(-1) ?? { rate: 1 };
  }

  *read(token: SsmlToken): Generator<Piece> {
    if (this.#hiddenDepth > 0) this.#skip(token);
    else if (this.#inner !== undefined) yield* this.#collect(this.#inner, token);
    else if (token.kind === "open") yield* this.#open(token);
    else if (token.kind === "close") yield* this.#close(token.name);
    else yield* this.#text(token.text);
  }

  *#text(text: string): Generator<Piece> {
    this.#cutter.add(text);
    yield* this.#cutter.take(false);
  }

  #skip(token: SsmlToken): void {
    if (token.kind === "open") this.#hiddenDepth += 1;
    if (token.kind === "close") this.#hiddenDepth -= 1;
  }

  *#open(token: Open): Generator<Piece> {
    if (hidden.has(token.name)) {
      this.#hiddenDepth = 1;
      return;
    }
    if (token.name === "break") yield* this.#silence(breakMs(token.attributes) ?? 0);
    if (token.name === "p" || token.name === "s")
      yield* this.#cutter.end(token.name === "p" ? paragraphMs : 0);
    yield* this.#push(token);
    if (neededAttribute.has(token.name)) this.#inner = { token, depth: 0, text: "" };
  }

  *#close(name: string): Generator<Piece> {
    if (name === "p" || name === "s" || name === "speak")
      yield* this.#cutter.end(name === "p" ? paragraphMs : 0);
    yield* this.#pop();
  }

  *#silence(ms: number): Generator<Piece> {
    yield* this.#cutter.take(true);
    const allowed = Math.min(ms, maxSilenceMs - this.#silenceMs);
    this.#silenceMs += allowed;
    if (allowed > 0) yield { kind: "pause", ms: allowed };
  }

  *#push({ attributes, name }: Open): Generator<Piece> {
    const rate = name === "prosody" ? rateFactor(attributes["rate"] ?? "default") : undefined;
    const language = this.#otherLanguage(attributes["xml:lang"]);
    const { language: outer, ...rest } = this.#style;
    const named = attributes["xml:lang"] === undefined ? outer : language;
    const style = {
      ...rest,
      rate: combinedRate(rest.rate, rate ?? 1),
      ...(named === undefined ? {} : { language: named }),
    };
    yield* this.#enter(style);
    this.#styles.push(style);
  }

  *#pop(): Generator<Piece> {
    if (this.#styles.length > 1) {
      const left = this.#style;
      this.#styles.pop();
      yield* this.#enter(this.#style, left);
    }
  }

  /** Only another sound ends a piece. */
  *#enter(style: Style, from: Style = this.#style): Generator<Piece> {
    if (style.rate !== from.rate || style.language !== from.language) yield* this.#cutter.restyle(style);
    else if (this.#styles.length === 1) yield* this.#cutter.restyle(style);
  }

  /** "en-US" is no other language than "en". */
  #otherLanguage(tag: string | undefined): string | undefined {
    const asked = tag?.trim().toLowerCase() ?? "";
    const own = this.#language.toLowerCase();
    return asked === "" || asked === own || asked.startsWith(`${own}-`) || own.startsWith(`${asked}-`)
      ? undefined
      : tag?.trim();
  }

  *#collect(
    inner: { readonly token: Open; depth: number; text: string },
    token: SsmlToken,
  ): Generator<Piece> {
    if (token.kind === "text") inner.text += token.text;
    if (token.kind === "open") inner.depth += 1;
    if (token.kind !== "close") return;
    inner.depth -= 1;
    if (inner.depth >= 0) return;
    this.#inner = undefined;
    yield* this.#say(inner.token, inner.text.replace(/\s+/gu, " ").trim());
    yield* this.#pop();
  }

  *#say({ name, attributes }: Open, text: string): Generator<Piece> {
    const language = this.#style.language ?? this.#language;
    if (name === "sub") yield* this.#text(attributes["alias"] ?? "");
    else if (name === "phoneme") yield* this.#phonemes(attributes, text);
    else {
      const said = sayAs(
        text,
        { as: attributes["interpret-as"] ?? "", format: attributes["format"] },
        language,
      );
      yield* this.#text(said === "" ? " " : this.#stash.put(said));
    }
  }

  *#phonemes(attributes: Readonly<Record<string, string>>, text: string): Generator<Piece> {
    const { alphabet = "ipa", ph = "" } = attributes;
    if (alphabet !== "ipa" || ph.trim() === "") {
      yield* this.#text(text);
      return;
    }
    yield* this.#cutter.take(true);
    yield* this.#cutter.whole({ text: text === "" ? ph.trim() : text, ipa: ph.trim() });
  }
}

function* read(tokens: readonly SsmlToken[], language: string): Generator<Piece> {
  const reader = new SsmlReader(language);
  for (const token of tokens) yield* reader.read(token);
}

/** The pieces of an SSML document. It is read whole before the first one. Errors: `ssml_malformed`. */
export function ssmlPieces(source: string, language: string): Iterable<Piece> {
  const tokens = parseSsml(source);
  for (const token of tokens) checked(token);
  return read(tokens, language);
}
