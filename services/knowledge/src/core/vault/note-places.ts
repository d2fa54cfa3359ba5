import type { Note, NoteBlock, NoteHeading, Subpath } from "./note.ts";
import { foldHeading, type LineRange } from "./sections.ts";

/** Positions of a note's headings of one name, by level and in order. */
type Places = readonly (readonly number[])[];

/** Headings and blocks of a note by what links call them, for many questions about one note. */
export class NotePlaces {
  readonly #headings: readonly NoteHeading[];
  readonly #places = new Map<string, number[][]>();
  readonly #blocks = new Map<string, NoteBlock>();

  constructor({ headings, blocks }: Pick<Note, "headings" | "blocks">) {
    this.#headings = headings;
    for (const [index, { text, level }] of headings.entries()) {
      const name = foldHeading(text);
      const places = this.#places.get(name) ?? Array.from({ length: 7 }, () => []);
      places[level]?.push(index);
      this.#places.set(name, places);
    }
    for (const block of blocks) {
      const id = block.id.toLowerCase();
      if (!this.#blocks.has(id)) this.#blocks.set(id, block);
    }
  }

  /**
   * The lines that a link's subpath shows, as Obsidian's `resolveSubpath` finds them; undefined when there are none. It
   * takes for each name of a path the first heading that is deeper than the one before, even in another section.
   */
  find(subpath: Subpath): LineRange | undefined {
    const found =
      subpath.kind === "block" ? this.#blocks.get(subpath.id.toLowerCase()) : this.#heading(subpath.path);
    return found && { line: found.line, endLine: found.endLine };
  }

  #heading(path: readonly string[]): NoteHeading | undefined {
    let at = -1;
    let depth = 0;
    for (const part of path) {
      const next = nextPlace(this.#places.get(foldHeading(part)) ?? [], at, depth);
      const level = this.#headings[next]?.level;
      if (level === undefined) return undefined;
      at = next;
      depth = level;
    }
    return this.#headings[at];
  }
}

/** The first position after `at` below a level. */
function nextPlace(places: Places, at: number, depth: number): number {
  const next = places.slice(depth + 1).flatMap((ofLevel) => firstAfter(ofLevel, at) ?? []);
  return Math.min(...next);
}

function firstAfter(sorted: readonly number[], at: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}
