import type { Assistant, Snapshot } from "@benchai/contract/models";

import type { Directory } from "./directory.ts";

/** Assistants by name. One that is called like a model is not there: a name leads to the model. */
export type Assistants = ReadonlyMap<string, Assistant>;

export function buildAssistants(
  { assistants = [] }: Pick<Snapshot, "assistants">,
  directory: Directory,
): Assistants {
  const usable = assistants.filter(({ name }) => !directory.has(name));
  return new Map(usable.map((assistant) => [assistant.name, assistant]));
}
