const opening = "---\n";
const maxLineChars = 4_096;
const key = /^---\n[A-Za-z_][\w -]{0,99}:(?=[ \n]|$)/u;
const keyBegun = /^(?:-{0,3}|---\n(?:[A-Za-z_][\w -]{0,99}:?)?)$/u;

/** YAML between `---` at the very beginning of a text. It ends at the first line that does not look like YAML, so no prose is lost. */
export class FrontMatter {
  #state: "unknown" | "inside" | "over" = "unknown";

  /** How far it reaches from `from`; `over` when what follows is the text. */
  skip(text: string, from: number, ended: boolean): { readonly at: number; readonly over: boolean } {
    let at = from;
    if (this.#state === "unknown") {
      const start = text.slice(0, 128);
      if (keyBegun.test(start) && !ended) return { at, over: false };
      this.#state = key.test(start) ? "inside" : "over";
      if (this.#state === "inside") at = opening.length;
    }
    while (this.#state === "inside") {
      const length = this.#line(text.slice(at, at + maxLineChars), ended);
      if (length === undefined) return { at, over: false };
      at = Math.min(text.length, at + length);
    }
    return { at, over: true };
  }

  /** How much of the text its next line takes; undefined while it is not all there. */
  #line(part: string, ended: boolean): number | undefined {
    const end = part.indexOf("\n");
    if (end < 0 && !ended && part.length < maxLineChars) return undefined;
    const line = end < 0 ? part : part.slice(0, end);
    const closes = /^(?:---|\.\.\.)[ \t]*$/u.test(line);
    if (closes || !isYaml(line) || end < 0) this.#state = "over";
    return closes || isYaml(line) ? line.length + 1 : 0;
  }
}

function isYaml(line: string): boolean {
  return line.length < maxLineChars && /^(?:[\w"'][^:]{0,99}:(?: |$)|\s*-(?: |$)|[ \t]|#|$)/u.test(line);
}
