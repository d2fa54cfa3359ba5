import { AppError } from "@benchai/contract/errors";
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";

import type { ParsedDocument } from "../core/document.ts";
import { shorten } from "../core/lines.ts";
import { decodeText, normalised } from "./decode.ts";
import { fromMarkdown } from "./markdown.ts";
import type { ParserInput } from "./parser.ts";

/** Long outputs are data, not what somebody looks for. */
const longestOutput = 600;

const Lines = Type.Union([Type.String(), Type.Array(Type.String())]);
const Output = Type.Object({
  text: Type.Optional(Lines),
  data: Type.Optional(Type.Object({ "text/plain": Type.Optional(Lines) })),
});
const Cell = Type.Object({
  cell_type: Type.String(),
  source: Lines,
  outputs: Type.Optional(Type.Array(Output)),
});
/** nbformat 4, as far as it is used here. */
const Notebook = Type.Object({
  cells: Type.Array(Cell),
  metadata: Type.Optional(
    Type.Object({ language_info: Type.Optional(Type.Object({ name: Type.Optional(Type.String()) })) }),
  ),
});

export function parseIpynb(input: ParserInput): ParsedDocument {
  const { cells, metadata } = readNotebook(input);
  const language = metadata?.language_info?.name ?? "python";
  const text = cells.flatMap((cell) => cellText(cell, language)).join("\n\n");
  return fromMarkdown("ipynb", normalised(text), input.path);
}

function readNotebook(input: ParserInput): Static<typeof Notebook> {
  const json = decodeText(input);
  const notebook = parseOrUndefined(json);
  if (Value.Check(Notebook, notebook)) return notebook;
  const advice = "Open it in Jupyter and save it in the present format (nbformat 4).";
  throw new AppError("document_unreadable", `${input.path} is not a notebook that can be read. ${advice}`);
}

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Markdown as it is, code and what it printed in fences. */
function cellText(cell: Static<typeof Cell>, language: string): string[] {
  const source = joined(cell.source).trimEnd();
  if (source.trim() === "") return [];
  if (cell.cell_type !== "code") return [source];
  const printed = (cell.outputs ?? []).map(({ text, data }) => joined(text ?? data?.["text/plain"] ?? ""));
  const output = shorten(printed.join("\n").trim(), longestOutput);
  return output === "" ? [fenced(source, language)] : [fenced(source, language), fenced(output, "text")];
}

function joined(lines: Static<typeof Lines>): string {
  return typeof lines === "string" ? lines : lines.join("");
}

/** The fence is longer than any in what it holds. */
function fenced(content: string, language: string): string {
  const runs = content.match(/`{3,}/gu) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}${language.replaceAll(/[`\s]/gu, "")}\n${content}\n${fence}`;
}
