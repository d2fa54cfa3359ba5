import { Type } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";

import type { EvalQuestion } from "./known-items.ts";

/** A line of the owner's questions. `path` names the document that answers, or several. */
const Line = Type.Object({
  question: Type.String({ minLength: 1, maxLength: 20_000 }),
  path: Type.Union([
    Type.String({ minLength: 1 }),
    Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 1_000 }),
  ]),
});

/** The questions of a file, an object a line; empty lines are passed over. 400 that names the line which is none. */
export function readQuestions(jsonLines: string): readonly EvalQuestion[] {
  const questions = jsonLines.split("\n").flatMap((line, at) => (line.trim() === "" ? [] : [read(line, at)]));
  if (questions.length === 0) throw new AppError("invalid_request", "the file of questions is empty");
  return questions;
}

function read(line: string, at: number): EvalQuestion {
  const value = parsed(line);
  if (!Value.Check(Line, value))
    throw new AppError(
      "invalid_request",
      `line ${at + 1} of the questions is not {"question": "…", "path": "…"}; path may be a list of paths`,
    );
  return { question: value.question, paths: [value.path].flat() };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Parts the questions whose documents are there from the paths that none has: those cannot be found by any search. */
export function partitionKnown(
  questions: readonly EvalQuestion[],
  paths: ReadonlySet<string>,
): { readonly known: readonly EvalQuestion[]; readonly missing: readonly string[] } {
  const missing = new Set(questions.flatMap((q) => q.paths.filter((path) => !paths.has(path))));
  const known = questions.filter((q) => q.paths.every((path) => paths.has(path)));
  return { known, missing: [...missing] };
}
