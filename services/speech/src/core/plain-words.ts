const fence = /^ {0,3}(`{3,}|~{3,})/u;

/**
 * Markdown without what a reader sees and nobody says: signs of emphasis, headings, lists and links. Of a link and a picture the
 * words stay, of a block of code nothing, as it cannot be listened to. One line for each line.
 */
export function withoutMarkdown(text: string): string {
  let fenced: string | undefined;
  return text
    .split("\n")
    .map((line) => {
      const mark = fence.exec(line)?.[1];
      if (fenced === undefined && mark !== undefined) {
        fenced = mark;
        return "";
      }
      if (fenced === undefined) return plainLine(line);
      if (mark?.startsWith(fenced)) fenced = undefined;
      return "";
    })
    .join("\n");
}

function plainLine(line: string): string {
  if (/^\s*(?:[-*_]\s*){3,}$/u.test(line) || /^\s*\|?[\s:|-]*-[\s:|-]*$/u.test(line)) return "";
  return line
    .replace(/^\s*(?:>\s*)*(?:#{1,6}\s+|[-*+]\s+(?:\[[ xX]\]\s+)?)?/u, "")
    .replaceAll(/!?\[([^\][]{0,500})\]\([^()\s]{0,2000}(?:\s"[^"]{0,200}")?\)/gu, "$1")
    .replaceAll(/(?:\*\*|__|~~|`+)/gu, "")
    .replaceAll(/(?<![\p{L}\p{N}])[*_]|[*_](?![\p{L}\p{N}])/gu, "")
    .replaceAll(/<\/?[a-zA-Z][^<>]{0,200}>/gu, "")
    .replaceAll(/^\s*\||\|\s*$/gu, "")
    .replaceAll(/\s*\|\s*/gu, ", ");
}

/** Nothing in it that is no character of a text: controls, marks of direction, halves of pairs. */
export function withoutControls(text: string): string {
  return text.toWellFormed().replaceAll(/[^\P{C}\n\t]|\u{FFFD}/gu, " ");
}
