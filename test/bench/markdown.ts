import { type Aim, compare, type Figure, type Section, type Unit } from "./figure.ts";
import type { Spread } from "./stats.ts";

const head = ["figure", "BenchAI", "beside it", "difference", "ratio", "n", "aim"];

/** One section as Markdown: a heading, how it was measured, and a table of medians with quartiles. */
export function sectionMarkdown({ title, method, figures }: Section): string {
  const rows = [head, head.map(() => "---"), ...figures.map(cells)];
  return `### ${title}\n\n${method}\n\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}\n`;
}

function cells(figure: Figure): string[] {
  const { what, unit, ours, theirs, aim } = figure;
  const compared = compare(figure);
  return [
    what,
    withUnit(compared.ours, unit),
    theirs && compared.theirs ? `${theirs.name}: ${withUnit(compared.theirs, unit)}` : "–",
    compared.difference ? withUnit(compared.difference, unit === "%" ? "points" : unit) : "–",
    ratioText(compared.ratio),
    `${ours.length}`,
    aim ? `${aimText(aim, unit)}: ${compared.isMet ? "met" : "**missed**"}` : "–",
  ];
}

function withUnit({ median, low, high }: Spread, unit: string): string {
  return `${short(median)} ${unit} [${short(low)} to ${short(high)}]`;
}

function ratioText(ratio: Spread | undefined): string {
  return ratio && Number.isFinite(ratio.median)
    ? `${short(ratio.median)} [${short(ratio.low)} to ${short(ratio.high)}]`
    : "–";
}

function aimText({ of, atMost }: Aim, unit: Unit): string {
  return of === "difference" ? `at most ${atMost} ${unit} more` : `at most ${atMost} ${unit}`;
}

/** Three digits are more than these measurements are good for. */
function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
