const lineEnds = /\r\n?|[\v\f\u0085\u2028\u2029]/gu;
/** Controls, direction marks, what is invisible, halves of characters, private and unassigned ones; joiners stay (see `joiners`). */
const unheard = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u034f\u115f\u1160\u3164\uffa0]/gu;
const joiners =
  /(?<![\p{L}\p{M}])[\u200c\u200d]+|(?<=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]\p{M}*)[\u200c\u200d]+|[\u200c\u200d]+(?![\p{L}\p{M}])/gu;

/** Text with one kind of line end and nothing in it that nobody can read. */
export function cleaned(text: string): string {
  return text.replace(lineEnds, "\n").replace(unheard, "");
}

/** Persian and Indian letters change their sound by a joiner between them; anywhere else it is nothing. */
export function withoutStrayJoiners(text: string): string {
  return text.includes("\u200c") || text.includes("\u200d") ? text.replace(joiners, "") : text;
}

/** Cleans text that arrives in parts: a character or a line end that was cut in two is put together first. */
export class CharacterStream {
  #held = "";

  push(part: string): string {
    const text = this.#held + part;
    this.#held = /[\ud800-\udbff\r]$/.exec(text)?.[0] ?? "";
    return cleaned(text.slice(0, text.length - this.#held.length));
  }

  end(): string {
    const rest = cleaned(this.#held);
    this.#held = "";
    return rest;
  }
}
