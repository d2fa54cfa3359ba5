import { canvasNodes, type CanvasNode } from "./canvas.ts";
import { decodeJson, jsonOffsets, jsonStrings, type JsonString } from "./json-strings.ts";
import { applyEdits, linkEdits, type Rewritten, type TextEdit, type VaultMove } from "./rename-links.ts";
import { foldPath } from "./vault-names.ts";

/**
 * The text of a canvas after a move: its cards of moved files have their new paths, the links in its texts mean what they
 * meant. All else keeps its bytes. What is no canvas comes back as it is.
 */
export function renameInCanvas(json: string, fromPath: string, move: VaultMove): Rewritten {
  const nodes = canvasNodes(json);
  if (typeof nodes === "string") return { text: json, changed: 0, lost: [] };
  const edits: TextEdit[] = [];
  const lost: string[] = [];
  for (const string of jsonStrings(json)) {
    const meaning = meaningOf(string, nodes);
    if (meaning === "file") edits.push(...fileEdit(json, string, move));
    if (meaning !== "text") continue;
    const found = cardEdits(json, string, fromPath, move);
    for (const edit of found.edits) edits.push(edit);
    lost.push(...found.lost);
  }
  return { text: applyEdits(json, edits), changed: edits.length, lost };
}

/** Whether a string is a node's path or text. */
function meaningOf({ path }: JsonString, nodes: readonly CanvasNode[]): "file" | "text" | undefined {
  const [list, index, key] = path;
  if (path.length !== 3 || list !== "nodes" || (key !== "file" && key !== "text")) return undefined;
  return nodes[Number(index)]?.["type"] === key ? key : undefined;
}

function fileEdit(json: string, { from, to }: JsonString, { before, moves }: VaultMove): TextEdit[] {
  const path = decodeJson(json, from, to);
  const moved = moves.get(before.at(foldPath(path), path) ?? path);
  return moved === undefined ? [] : [{ from, to, text: JSON.stringify(moved).slice(1, -1) }];
}

function cardEdits(json: string, { from, to }: JsonString, fromPath: string, move: VaultMove) {
  const { edits, lost } = linkEdits(decodeJson(json, from, to), fromPath, move);
  if (edits.length === 0) return { edits, lost };
  const offsets = jsonOffsets(json, from, to);
  const inJson = edits.map((edit) => ({
    from: offsets[edit.from] ?? to,
    to: offsets[edit.to] ?? to,
    text: JSON.stringify(edit.text).slice(1, -1),
  }));
  return { edits: inJson, lost };
}
