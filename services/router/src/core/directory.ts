import { AppError } from "@benchai/contract/errors";
import type { ModelView, Snapshot, WorkerEndpoint } from "@benchai/contract/models";

export type Entry = {
  readonly view: ModelView;
  /** How to reach the model's worker; only while it is ready. */
  readonly endpoint: WorkerEndpoint | undefined;
};

/** Models by what clients may call them. A name wins over an alias of the same spelling. */
export type Directory = ReadonlyMap<string, Entry>;

export function buildDirectory(snapshot: Snapshot): Directory {
  const entries = snapshot.status.models.map((view) => ({
    view,
    endpoint: Object.hasOwn(snapshot.endpoints, view.slot) ? snapshot.endpoints[view.slot] : undefined,
  }));
  const directory = new Map<string, Entry>();
  for (const entry of entries) directory.set(entry.view.name, entry);
  for (const entry of entries)
    for (const alias of entry.view.aliases) if (!directory.has(alias)) directory.set(alias, entry);
  return directory;
}

const namedModels = 10;

/** The 404 for a model nobody has, naming some that are there. */
export function modelNotFound(model: string, directory: Directory): AppError {
  const names = [...directory].filter(([name, entry]) => name === entry.view.name).map(([name]) => name);
  const more = names.length > namedModels ? `, and ${names.length - namedModels} more` : "";
  const known =
    names.length > 0
      ? `; available: ${names.slice(0, namedModels).join(", ")}${more}`
      : "; no model is installed";
  const shown = model.length > 100 ? `${model.slice(0, 100)}…` : model;
  return new AppError("model_not_found", `the model ${JSON.stringify(shown)} does not exist${known}`, {
    param: "model",
  });
}
