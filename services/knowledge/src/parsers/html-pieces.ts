/** From this length on, a piece ends where the next paragraph or heading begins. */
const pieceChars = 16_000;

/** What no piece may end in, what begins one, and what is no markup in itself. */
const tag =
  /<!--|<(\/?)(pre|table|ul|ol|dl|blockquote|template|noscript|svg|head|script|style|textarea|h[1-6]|p|section|article)(?=[\s/>])/giu;
const beginning = /^(?:h[1-6]|p|section|article)$/iu;
const raw = /^(?:script|style|textarea)$/iu;

/**
 * HTML in pieces that read the same one after the other: node-html-markdown takes time by the square of the length
 * (it looks at all it has written after each element: 19 s for 400 kB of Node's own documentation).
 */
export function htmlPieces(html: string): string[] {
  const pieces: string[] = [];
  let [from, depth] = [0, 0];
  tag.lastIndex = 0;
  for (let found = tag.exec(html); found; found = tag.exec(html)) {
    const [, slash, name = ""] = found;
    if (name === "" || (raw.test(name) && !slash)) {
      tag.lastIndex = after(html, name === "" ? "-->" : `</${name}`, tag.lastIndex);
    } else if (!beginning.test(name)) {
      depth = Math.max(0, depth + (slash ? -1 : 1));
    } else if (!slash && depth === 0 && found.index - from >= pieceChars) {
      pieces.push(html.slice(from, found.index));
      from = found.index;
    }
  }
  return [...pieces, html.slice(from)];
}

function after(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from);
  return at === -1 ? html.length : at + mark.length;
}
