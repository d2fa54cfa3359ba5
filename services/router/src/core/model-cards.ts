import type { Static } from "typebox";

import type { ModelView } from "@benchai/contract/models";
import type { ModelCard } from "@benchai/contract/openai";

import type { Directory } from "./directory.ts";

/** `GET /v1/models`: every model under its name, then under each of its aliases, in alphabetical order. */
export function modelCards(directory: Directory): readonly Static<typeof ModelCard>[] {
  return [...directory]
    .map(([id, { view }]) => modelCard(id, view))
    .toSorted(
      (a, b) =>
        Number(a.benchai.alias_of !== undefined) - Number(b.benchai.alias_of !== undefined) ||
        compare(a.id, b.id),
    );
}

export function modelCard(id: string, view: ModelView): Static<typeof ModelCard> {
  return {
    id,
    object: "model",
    created: view.createdS,
    owned_by: "benchai",
    benchai: {
      state: view.state,
      kind: view.kind,
      device: view.device.actual || view.device.wanted,
      context_tokens: view.contextTokens,
      ...(id === view.name ? {} : { alias_of: view.name }),
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
