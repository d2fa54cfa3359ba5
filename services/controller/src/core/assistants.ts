import type { Snapshot } from "@benchai/contract/models";

import type { AssistantConfig, Config } from "./config-schema.ts";

/** The part of a snapshot that comes from the configuration alone; what is not configured is absent. */
export function configuredParts({ assistants, owners }: Config): Pick<Snapshot, "assistants" | "owners"> {
  return {
    ...(assistants ? { assistants: Object.entries(assistants).map(assistantOf) } : {}),
    ...(owners ? { owners: Object.entries(owners).map(([name, { keys }]) => ({ name, keys })) } : {}),
  };
}

function assistantOf([name, settings]: [string, AssistantConfig]) {
  const { memory, rag, save, budgetTokens, ...shown } = settings;
  return {
    name,
    ...shown,
    enrichment: {
      ...(memory === undefined ? {} : { memory }),
      ...(rag === undefined ? {} : { rag }),
      ...(save === undefined ? {} : { save }),
      ...(budgetTokens === undefined ? {} : { budget_tokens: budgetTokens }),
    },
  };
}
