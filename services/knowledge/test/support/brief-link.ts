import { writeSubpath } from "../../src/core/vault/link-target.ts";
import type { NoteLink } from "../../src/core/vault/note.ts";

/** A link in short: its kind (`w` or `m`, `!` before an embed, `p` behind one in a property), target and display. */
export function briefLink({ kind, isEmbed, target, subpath, display, isProperty }: NoteLink): string {
  const mark = `${isEmbed ? "!" : ""}${kind === "wikilink" ? "w" : "m"}${isProperty ? "p" : ""}`;
  const shown = display === undefined ? [] : [display];
  return [mark, `${target}${writeSubpath(subpath)}`, ...shown].join(" ");
}
