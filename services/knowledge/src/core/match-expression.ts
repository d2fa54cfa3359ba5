import { queryTerms, type QueryTerm } from "./query.ts";
import type { TermPlan } from "./term-plan.ts";

/**
 * An FTS5 expression that no text can break: every term is quoted, and holds letters, numbers and marks alone. Within
 * rows of one of the scopes, or with `everything` in all rows; undefined when there is nothing to look for or in.
 *
 * What only counts along stands behind an AND, in which FTS5 looks no further than the gate's rows. bm25 adds up every term that
 * is written: the gate's are there twice, so the others are too, and all scores are doubled alike.
 */
export function matchExpression(
  { gate, also }: Pick<TermPlan, "gate" | "also">,
  scopes: readonly string[] | "everything",
): string | undefined {
  if (gate.length === 0 || scopes.length === 0) return undefined;
  const wanted = also.length === 0 ? anyOf(gate) : `${anyOf(gate)} AND ${anyOf([...gate, ...also, ...also])}`;
  if (scopes === "everything") return wanted;
  return `scope : (${scopes.map((scope) => quoted(scope)).join(" OR ")}) AND ${wanted}`;
}

function anyOf(terms: readonly QueryTerm[]): string {
  return `(${terms.map((term) => termExpression(term)).join(" OR ")})`;
}

/** One character of a CJK run is looked up as the beginning of a bigram. */
function termExpression({ words, isDerived }: QueryTerm): string {
  const phrase = quoted(words.join(" "));
  if (!isDerived) return phrase;
  return Array.from(words.join("")).length === 1 ? `parts : ${phrase} *` : `parts : ${phrase}`;
}

/** The MATCH expression for a text within scopes; undefined when nothing in it can be looked up. */
export function lexicalQuery(
  text: string,
  { scopes }: { readonly scopes: readonly string[] },
): string | undefined {
  return matchExpression({ gate: queryTerms(text), also: [] }, scopes);
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}
