import type { InlineBlock } from "./blocks.ts";
import { definitionIn, linkDestinationAt, type Destination } from "./destination.ts";
import { HiddenSpans } from "./hidden-spans.ts";
import { InlineText, NextPlace } from "./inline-text.ts";
import { cutTarget, decodeDestination, hasScheme, readSubpath } from "./link-target.ts";
import type { NoteLink, Span } from "./note.ts";

/** What a block's text holds. Spans are in `text.source`, those of links in the note. */
export type InlineContent = {
  readonly text: InlineText;
  readonly links: readonly NoteLink[];
  readonly tags: readonly string[];
  /** Code, formulas, comments, HTML. */
  readonly hidden: readonly Span[];
  readonly linkSpans: readonly Span[];
};

/** Brackets that wait for their end; nobody nests as many. */
const mostOpenBrackets = 1000;
/** Obsidian's own pattern, seen in plugins that follow it: no punctuation but `_`, `-` and `/`, and emoji. */
const tagBody = /[^\u2000-\u206F\u2E00-\u2E7F'!"#$%&()*+,.:;<=>?@^`{|}~[\]\\\s]+/uy;
const special = /[\\`$%<[\]#]/gu;

/** Reads links and tags of a block's text, past what is code, formula, comment or HTML. */
class InlineScanner {
  readonly text: InlineText;
  readonly links: NoteLink[] = [];
  readonly hidden: Span[] = [];
  readonly linkSpans: Span[] = [];
  readonly tags: { readonly at: number; readonly name: string }[] = [];
  readonly #source: string;
  #spans: HiddenSpans | undefined;
  readonly #nextLine: NextPlace;
  readonly #nextOpen: NextPlace;
  readonly #nextClose: NextPlace;
  /** Where `[` stand that have no `]` yet; those below the mark hold a link already, so they are none themselves. */
  readonly #brackets: { readonly at: number; readonly isEmbed: boolean }[] = [];
  #spentBrackets = 0;
  /** Behind a backslash: this character means itself. */
  #escaped = -1;
  #tagEnd = -1;

  constructor(text: InlineText) {
    this.text = text;
    const source = text.source;
    this.#source = source;
    this.#nextLine = new NextPlace((from) => source.indexOf("\n", from));
    this.#nextOpen = new NextPlace((from) => source.indexOf("[[", from));
    this.#nextClose = new NextPlace((from) => source.indexOf("]]", from));
  }

  scan(isParagraph: boolean): void {
    const from = isParagraph ? this.#definitions() : 0;
    for (let at = this.#nextSpecial(from); at !== -1;) at = this.#nextSpecial(this.#step(at));
  }

  #nextSpecial(from: number): number {
    special.lastIndex = from;
    return special.exec(this.#source)?.index ?? -1;
  }

  /** Reads what begins at `at`; answers where the scan goes on. */
  #step(at: number): number {
    switch (this.#source.charAt(at)) {
      case "\\":
        this.#escaped = at + 1;
        return at + 2;
      case "[":
        return this.#wikilink(at) ?? this.#openBracket(at);
      case "]":
        return this.#closeBracket(at);
      case "#":
        return this.#tag(at);
      default:
        return this.#hide(at);
    }
  }

  #hide(at: number): number {
    this.#spans ??= new HiddenSpans(this.#source);
    const { end, isHidden } = this.#spans.skipAt(at);
    if (isHidden) this.hidden.push({ start: at, end });
    return end;
  }

  #isEmbed(at: number): boolean {
    return this.#source[at - 1] === "!" && this.#escaped !== at - 1;
  }

  /** `[[target|display]]` on one line; of nested brackets the innermost are the link. */
  #wikilink(at: number): number | undefined {
    if (this.#source[at + 1] !== "[") return undefined;
    const close = this.#nextClose.after(at + 2);
    if (!Number.isFinite(close) || close > this.#nextLine.after(at)) return undefined;
    if (this.#nextOpen.after(at + 1) < close) return undefined;
    const content = this.#source.slice(at + 2, close);
    const bar = content.indexOf("|");
    // In a table the bar is escaped.
    const written = bar === -1 ? content : content.slice(0, bar).replace(/\\$/u, "");
    const target = cutTarget(written);
    if (target.path === "" && target.subpath === "") return undefined;
    const isEmbed = this.#isEmbed(at);
    this.#push({
      kind: "wikilink",
      isEmbed,
      target: target.path,
      subpath: readSubpath(target.subpath),
      display: bar === -1 ? undefined : content.slice(bar + 1).trim() || undefined,
      span: { start: isEmbed ? at - 1 : at, end: close + 2 },
      targetSpan: { start: at + 2 + target.from, end: at + 2 + target.to },
    });
    if (!isEmbed) this.#spentBrackets = this.#brackets.length;
    return close + 2;
  }

  #openBracket(at: number): number {
    if (this.#brackets.length >= mostOpenBrackets) this.#brackets.length = 0;
    this.#spentBrackets = Math.min(this.#spentBrackets, this.#brackets.length);
    this.#brackets.push({ at, isEmbed: this.#isEmbed(at) });
    return at + 1;
  }

  #closeBracket(at: number): number {
    const open = this.#brackets.pop();
    if (open === undefined) return at + 1;
    const isSpent = this.#brackets.length < this.#spentBrackets;
    this.#spentBrackets = Math.min(this.#spentBrackets, this.#brackets.length);
    const next = this.#source[at + 1];
    const mayBeLink = next === "(" && (!isSpent || open.isEmbed);
    return (mayBeLink ? this.#markdownLink(open, at) : undefined) ?? at + 1;
  }

  #markdownLink(open: { readonly at: number; readonly isEmbed: boolean }, close: number): number | undefined {
    const found = linkDestinationAt(this.#source, close + 2);
    if (!found) return undefined;
    while ((this.tags.at(-1)?.at ?? -1) > open.at) this.tags.pop();
    this.#pushMarkdown(found, open.isEmbed ? open.at - 1 : open.at, this.#source.slice(open.at + 1, close));
    if (!open.isEmbed) this.#spentBrackets = this.#brackets.length;
    return found.end;
  }

  /** Link definitions stand before a paragraph's text; answers where that begins. */
  #definitions(): number {
    let from = 0;
    while (this.#source[from] === "[") {
      const lineEnd = Math.min(this.#nextLine.after(from), this.#source.length);
      const found = definitionIn(this.#source.slice(from, lineEnd));
      if (!found) return from;
      const inSource = { from: from + found.from, to: from + found.to, end: from + found.end };
      this.#pushMarkdown(inSource, from, found.label);
      from = lineEnd + 1;
    }
    return from;
  }

  #pushMarkdown({ from, to, end }: Destination, start: number, label: string): void {
    const written = this.#source.slice(from, to);
    const target = cutTarget(written);
    if (hasScheme(written) || (target.path === "" && target.subpath === "")) {
      this.linkSpans.push({ start, end });
      return;
    }
    this.#push({
      kind: "markdown",
      isEmbed: this.#source[start] === "!",
      target: decodeDestination(target.path),
      subpath: readSubpath(decodeDestination(target.subpath)),
      display: label.trim() || undefined,
      span: { start, end },
      targetSpan: { start: from + target.from, end: from + target.to },
    });
  }

  #push(link: Omit<NoteLink, "line" | "isProperty">): void {
    this.linkSpans.push(link.span);
    this.links.push({
      ...link,
      line: this.text.lineOf(link.span.start),
      span: this.#inNote(link.span),
      targetSpan: this.#inNote(link.targetSpan),
      isProperty: false,
    });
  }

  #inNote({ start, end }: Span): Span {
    return { start: this.text.offsetOf(start), end: this.text.offsetOf(end) };
  }

  /** `#tag` behind a blank, marks of emphasis or another tag, with something else than digits in it. */
  #tag(at: number): number {
    if (!this.#mayBeTag(at)) return at + 1;
    tagBody.lastIndex = at + 1;
    const name = tagBody.exec(this.#source)?.[0];
    if (name === undefined) return at + 1;
    this.#tagEnd = at + 1 + name.length;
    if (!/^\d+$/u.test(name)) this.tags.push({ at, name });
    return this.#tagEnd;
  }

  #mayBeTag(at: number): boolean {
    if (at === this.#tagEnd) return true;
    let before = at;
    while (before > 0 && /[*~=]/u.test(this.#source.charAt(before - 1))) before -= 1;
    return before === 0 || /\s/u.test(this.#source.charAt(before - 1));
  }
}

/** Links, tags and hidden stretches of a block's text. */
export function scanInline(note: string, { pieces, kind }: InlineBlock): InlineContent {
  const text = new InlineText(note, pieces);
  // Most text is plain.
  if (text.source.search(special) === -1) return { text, links: [], tags: [], hidden: [], linkSpans: [] };
  const scanner = new InlineScanner(text);
  scanner.scan(kind === "paragraph");
  const { links, hidden, linkSpans } = scanner;
  return { text, links, tags: scanner.tags.map(({ name }) => name), hidden, linkSpans };
}
