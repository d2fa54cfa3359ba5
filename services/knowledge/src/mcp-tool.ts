import type { Static, TObject } from "typebox";
import { Value } from "typebox/value";

import { AppError } from "@benchai/contract/errors";
import type { SearchAnswer } from "@benchai/contract/rag";

/** One tool as an agent sees it. `run` answers with text: agents read, programs use the HTTP API. */
export type Tool = {
  readonly name: string;
  readonly description: string;
  readonly input: TObject;
  readonly isReadOnly: boolean;
  readonly run: (owner: string, input: unknown) => Promise<string>;
};

/** A tool whose input is checked before it runs. */
export function tool<T extends TObject>(
  name: string,
  description: string,
  input: T,
  isReadOnly: boolean,
  run: (owner: string, input: Static<T>) => Promise<string>,
): Tool {
  return {
    name,
    description,
    input,
    isReadOnly,
    run: (owner, value) => run(owner, checked(name, input, value)),
  };
}

function checked<T extends TObject>(name: string, schema: T, value: unknown): Static<T> {
  if (Value.Check(schema, value)) return value;
  const problems = [...Value.Errors(schema, value)].map(
    (e) => `${e.instancePath || "the arguments"} ${e.message}`,
  );
  throw new AppError("invalid_request", `${name}: ${problems.join("; ")}`);
}

/** What a search found, for reading. */
export function passagesText({ results, legs }: SearchAnswer): string {
  const notes = legs.notes.length > 0 ? `\n(${legs.notes.join("; ")})` : "";
  const passages = results.map(
    ({ citation, content }) =>
      `${citation.reference} (document ${citation.document_id}; ${[citation.title, ...citation.heading_path].join(" > ")})\n${content}`,
  );
  return (passages.join("\n\n---\n\n") || "nothing found") + notes;
}
