import { readSubpath } from "./link-target.ts";
import type { NoteLink, Subpath } from "./note.ts";
import { parseNote } from "./parse-note.ts";

/** What a canvas holds (jsoncanvas.org, spec 1.0); web pages, groups and edges are left out. */
export type Canvas = {
  readonly cards: readonly CanvasCard[];
  readonly files: readonly CanvasFile[];
  /** Why it could not be read, in part or at all. */
  readonly problem: string | undefined;
};

/** A card with Markdown of its own; lines and spans of its links are in its text. */
type CanvasCard = { readonly id: string; readonly text: string; readonly links: readonly NoteLink[] };

/** A card that shows a file, by its path from the vault's root, or a place in it. */
type CanvasFile = {
  readonly id: string;
  readonly path: string;
  readonly subpath: Subpath | undefined;
};

/** Reads a canvas; what is no canvas gives a problem, and a node that is none is passed over. */
export function parseCanvas(json: string): Canvas {
  const nodes = canvasNodes(json);
  if (typeof nodes === "string") return { cards: [], files: [], problem: nodes };
  const cards: CanvasCard[] = [];
  const files: CanvasFile[] = [];
  for (const { type, id, text, file, subpath } of nodes) {
    const name = typeof id === "string" ? id : "";
    if (type === "text" && typeof text === "string")
      cards.push({ id: name, text, links: parseNote(text).links });
    if (type === "file" && typeof file === "string" && file !== "")
      files.push({
        id: name,
        path: file,
        subpath: typeof subpath === "string" ? readSubpath(subpath) : undefined,
      });
  }
  return { cards, files, problem: undefined };
}

/** A node as it is written. */
export type CanvasNode = Readonly<Record<string, unknown>>;

/** The nodes of a canvas in their places, `{}` for what is none; or why there are none. An empty file is an empty canvas. */
export function canvasNodes(json: string): readonly CanvasNode[] | string {
  const text = json.replace(/^\u{feff}/u, "");
  if (text.trim() === "") return [];
  const canvas = parseJson(text);
  if (canvas instanceof Error) return `The canvas is no JSON: ${canvas.message}`;
  if (!isRecord(canvas)) return "The canvas is no JSON object with nodes";
  const { nodes = [] } = canvas;
  if (!Array.isArray(nodes)) return "The canvas has no list of nodes";
  return nodes.map((node: unknown) => (isRecord(node) ? node : {}));
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function isRecord(value: unknown): value is CanvasNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
