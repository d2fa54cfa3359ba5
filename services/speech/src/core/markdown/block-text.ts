import { aloneEmoji } from "../speakable/emoji.ts";
import type { Words } from "../speakable/words.ts";
import type { Cell } from "./block.ts";
import { type InlineState, nextInline } from "./inline.ts";

/** Takes the markup off the text of one block after the other, as it arrives. */
export class BlockText {
  readonly #words: Words | undefined;
  readonly #state: InlineState = { hiddenUntil: undefined, openBrackets: 0 };
  #raw = "";
  #at = 0;
  #before = "";

  constructor(words: Words | undefined) {
    this.#words = words;
  }

  push(raw: string): void {
    this.#raw = this.#raw.slice(this.#at) + raw;
    this.#at = 0;
  }

  /** The words that are sure; with `ended` all of the block's. */
  *read(ended: boolean): Generator<string> {
    while (this.#at < this.#raw.length) {
      const source = { text: this.#raw, at: this.#at, ended, before: this.#before };
      const found = nextInline(source, this.#state, this.#words);
      if (found === undefined) break;
      this.#at = found.next;
      this.#before = this.#raw.charAt(found.next - 1);
      yield found.text;
    }
    if (!ended) return;
    this.#raw = "";
    this.#at = 0;
    this.#before = "";
    this.#state.openBrackets = 0;
  }
}

function plainText(raw: string, words: Words | undefined): string {
  const text = new BlockText(words);
  text.push(raw);
  const plain = [...text.read(true)].join("").trim();
  return (words === undefined ? undefined : aloneEmoji(plain, words)) ?? plain;
}

/** A row of a table as a sentence: "Name: Ada, Born: 1815." Empty cells are passed over. */
export function rowText(cells: readonly Cell[], words: Words | undefined): string {
  const said = cells.map((cell) => ({
    heading: plainText(cell.heading, words),
    value: plainText(cell.raw, words),
  }));
  const parts = said.filter(({ value }) => value !== "");
  const text = parts
    .map(({ heading, value }) => (heading === "" ? value : `${heading}: ${value}`))
    .join(", ");
  return text === "" || /[.!?]$/u.test(text) ? text : `${text}.`;
}
