import type { Static } from "typebox";

import type { Assistant, ModelView } from "@benchai/contract/models";
import type { ModelCard } from "@benchai/contract/openai";

import type { Assistants } from "./assistants.ts";
import type { Directory } from "./directory.ts";

/** `GET /v1/models`: every model and assistant under its name, then every alias, each in alphabetical order. */
export function modelCards(
  directory: Directory,
  assistants: Assistants,
): readonly Static<typeof ModelCard>[] {
  const models = [...directory].map(([id, { view }]) => modelCard(id, view));
  const virtual = [...assistants.values()].map((assistant) => assistantCard(assistant, directory));
  return [...models, ...virtual].toSorted(
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

/** An assistant stands where its model stands. */
export function assistantCard(
  { name, model, description, voice }: Assistant,
  directory: Directory,
): Static<typeof ModelCard> {
  const view = directory.get(model)?.view;
  const standing = view ? modelCard(view.name, view).benchai : missingModel(model);
  return {
    id: name,
    object: "model",
    created: view?.createdS ?? 0,
    owned_by: "benchai",
    benchai: {
      ...standing,
      kind: "assistant",
      model,
      ...(description === undefined ? {} : { description }),
      ...(voice === undefined ? {} : { voice }),
    },
  };
}

function missingModel(model: string) {
  return {
    state: "invalid",
    device: "",
    context_tokens: 0,
    reason: `the model ${model} does not exist; correct benchai.yaml`,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
