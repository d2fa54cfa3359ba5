import { writeSubpath } from "./link-target.ts";
import { NotePlaces } from "./note-places.ts";
import type { Note, NoteLink } from "./note.ts";
import { resolveLink } from "./resolve-link.ts";
import type { VaultNames } from "./vault-names.ts";

/** What the graph needs of a link. */
export type GraphLink = Pick<NoteLink, "target" | "subpath" | "line" | "isEmbed">;

/** What the graph needs of a note, or of a canvas, which has links only. */
export type GraphNote = Pick<Note, "headings" | "blocks"> & {
  readonly path: string;
  readonly links: readonly GraphLink[];
};

type ResolvedLink = { readonly from: string; readonly to: string; readonly link: GraphLink };

/** A link that leads nowhere, or to a file but not to the place in it. */
type UnresolvedLink = {
  readonly from: string;
  readonly line: number;
  /** What it names: `target#subpath`. */
  readonly text: string;
  readonly reason: "no_note" | "no_heading" | "no_block";
};

export type VaultGraph = {
  /** By the note that they stand in. A link whose heading or block is missing is still a link to the file. */
  readonly links: ReadonlyMap<string, readonly ResolvedLink[]>;
  /** By the file that they lead to, from other files. */
  readonly backlinks: ReadonlyMap<string, readonly ResolvedLink[]>;
  readonly unresolved: readonly UnresolvedLink[];
  /** Notes without a link to or from another file; a link that leads nowhere is one. */
  readonly orphans: readonly string[];
};

/** What of a link's target is missing; headings and blocks are looked for in the notes that are given. */
export type LinkCheck = {
  readonly to: string | undefined;
  readonly missing: UnresolvedLink["reason"] | undefined;
};

/** Checks links of many notes against a vault. */
export class LinkChecker {
  readonly #names: VaultNames;
  readonly #notes: ReadonlyMap<string, Pick<Note, "headings" | "blocks">>;
  readonly #places = new Map<string, NotePlaces>();

  constructor(names: VaultNames, notes: ReadonlyMap<string, Pick<Note, "headings" | "blocks">>) {
    this.#names = names;
    this.#notes = notes;
  }

  check(fromPath: string, { target, subpath }: Pick<NoteLink, "target" | "subpath">): LinkCheck {
    const to = resolveLink(this.#names, fromPath, target);
    if (to === undefined) return { to, missing: "no_note" };
    const places = subpath && this.#placesOf(to);
    if (!places || places.find(subpath)) return { to, missing: undefined };
    return { to, missing: subpath.kind === "block" ? "no_block" : "no_heading" };
  }

  #placesOf(path: string): NotePlaces | undefined {
    const known = this.#places.get(path);
    const note = this.#notes.get(path);
    if (known || !note) return known;
    const places = new NotePlaces(note);
    this.#places.set(path, places);
    return places;
  }
}

/** The links of a vault: where they lead, what links to what, what leads nowhere and what stands alone. */
export function vaultGraph(names: VaultNames, notes: readonly GraphNote[]): VaultGraph {
  const checker = new LinkChecker(names, new Map(notes.map((note) => [note.path, note])));
  const links = new Map<string, ResolvedLink[]>();
  const backlinks = new Map<string, ResolvedLink[]>();
  const unresolved: UnresolvedLink[] = [];
  const linked = new Set<string>();
  for (const { path, links: written } of notes) {
    for (const link of written) {
      const { to, missing } = checker.check(path, link);
      if (missing) unresolved.push({ from: path, line: link.line, text: linkText(link), reason: missing });
      if (to !== path) linked.add(path);
      if (to === undefined) continue;
      const resolved = { from: path, to, link };
      push(links, path, resolved);
      if (to !== path) push(backlinks, to, resolved);
    }
  }
  const isAlone = ({ path }: GraphNote) => /\.md$/iu.test(path) && !linked.has(path) && !backlinks.has(path);
  return { links, backlinks, unresolved, orphans: notes.filter(isAlone).map(({ path }) => path) };
}

/** What a link names: `target#subpath`. */
export function linkText({ target, subpath }: Pick<NoteLink, "target" | "subpath">): string {
  return target + writeSubpath(subpath);
}

function push(map: Map<string, ResolvedLink[]>, key: string, link: ResolvedLink): void {
  const links = map.get(key);
  if (links) links.push(link);
  else map.set(key, [link]);
}
