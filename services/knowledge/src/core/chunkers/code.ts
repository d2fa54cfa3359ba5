import type { Node } from "web-tree-sitter";

import type { Chunk } from "../document.ts";
import { charsIn, shorten, type TextLines } from "../lines.ts";
import { packBlocks, type Block } from "./pack.ts";
import { maxChars } from "./sizes.ts";

/** Deeper than people nest code: below it, lines are all that is looked at. */
const deepest = 24;
const longestName = 100;

/** Whole lines of code around one node of the syntax tree, with the comments that lead it. */
type Unit = {
  readonly node: Node;
  /** Lines from 0, the end excluded. */
  readonly first: number;
  readonly end: number;
  /** Ends with a comment or a decorator, which belongs to what follows directly. */
  readonly isLead: boolean;
};

/** Where a unit stands: the names around it, how many nodes, and whether one of them is a function. */
type Place = { readonly path: readonly string[]; readonly depth: number; readonly isInFunction: boolean };

/**
 * Code as chunks of its top-level declarations, each with its leading comments; what is too long is taken apart
 * into its members or statements, and what is small is merged with its neighbours. Every line is in one chunk.
 */
export function chunkCode(lines: TextLines, root: Node): Chunk[] {
  const blocks: Block[] = [];
  const file: Unit = { node: root, first: 0, end: lines.starts.length, isLead: false };
  addMembers(lines, file, { path: [], depth: 0, isInFunction: false }, blocks);
  return packBlocks(lines, blocks);
}

/** Adds the blocks of what a unit consists of: its head, then its members, each up to the next one's first line. */
function addMembers(lines: TextLines, unit: Unit, place: Place, blocks: Block[]): void {
  const members = unitsOf(unit.node).filter(({ first }) => first >= unit.first && first < unit.end);
  const headEnd = members[0]?.first ?? unit.end;
  if (headEnd > unit.first) blocks.push(headOf(unit, headEnd, place));
  for (const [index, member] of members.entries()) {
    const end = members[index + 1]?.first ?? unit.end;
    addUnit(lines, { ...member, end }, place, blocks);
  }
}

/** The lines before the first member; leading white space of a file, or all of a unit without members. */
function headOf(unit: Unit, end: number, { path, depth }: Place): Block {
  const isWhole = end === unit.end;
  const opensSection = depth > 0;
  return {
    first: unit.first,
    end,
    headingPath: path,
    depth,
    opensSection,
    isHeading: opensSection && !isWhole,
  };
}

function addUnit(lines: TextLines, unit: Unit, place: Place, blocks: Block[]): void {
  const { node, first, end } = unit;
  const name = nameOf(node, place);
  // What only wraps a declaration, as `export` does, has the same name.
  const path = name === undefined || name === place.path.at(-1) ? place.path : [...place.path, name];
  const depth = place.depth + 1;
  if (charsIn(lines, first, end) <= maxChars || depth > deepest) {
    blocks.push({ first, end, headingPath: path, depth, opensSection: name !== undefined });
    return;
  }
  addMembers(lines, unit, { path, depth, isInFunction: place.isInFunction || isFunction(node) }, blocks);
}

/** A node's children as whole lines, in order, those together that share a line or belong together. */
function unitsOf(node: Node): Unit[] {
  const units: Unit[] = [];
  for (const child of node.namedChildren) {
    const unit = unitOf(child);
    const before = units.at(-1);
    if (before && (unit.first < before.end || (before.isLead && unit.first === before.end))) {
      units[units.length - 1] = joined(before, unit);
    } else units.push(unit);
  }
  return units;
}

function unitOf(node: Node): Unit {
  const first = node.startPosition.row;
  const { row, column } = node.endPosition;
  // Some grammars count the line end in: then the node ends where the next line begins.
  const end = column === 0 && row > first ? row : row + 1;
  return { node, first, end, isLead: /comment|decorator|attribute|annotation/u.test(node.type) };
}

function joined(left: Unit, right: Unit): Unit {
  const isRight = left.isLead || (!right.isLead && right.end - right.first >= left.end - left.first);
  const node = isRight ? right.node : left.node;
  return { node, first: left.first, end: Math.max(left.end, right.end), isLead: right.isLead };
}

const declares = /declaration|definition|_item$|_spec$|export_statement|^(?:class|method|module|impl)/u;
const declaresInFunction =
  /(?:function|method|class|struct|interface|enum|constructor)\w*(?:declaration|definition|_item)/u;

function isFunction(node: Node): boolean {
  return /function|method|constructor|lambda/u.test(node.type);
}

/** The name that a declaration gives; undefined for what is none, and for a function's own variables. */
function nameOf(node: Node, { isInFunction }: Place): string | undefined {
  return (isInFunction ? declaresInFunction : declares).test(node.type) ? nameBelow(node, 4) : undefined;
}

/** Grammars put a name into a field of their own, or into what the declaration wraps. */
function nameBelow(node: Node, levels: number): string | undefined {
  const name = node.childForFieldName("name");
  if (name) return shorten(name.text.replaceAll(/\s+/gu, " "), longestName) || undefined;
  const inner =
    node.childForFieldName("declaration") ??
    node.childForFieldName("definition") ??
    node.childForFieldName("declarator") ??
    node.namedChildren.find((child) => /declarator$|_spec$/u.test(child.type)) ??
    node.childForFieldName("type");
  if (!inner || levels === 0) return undefined;
  const isLeaf = inner.namedChildCount === 0 || inner.type.endsWith("identifier");
  return isLeaf ? shorten(inner.text, longestName) : nameBelow(inner, levels - 1);
}
