import { createHash } from "node:crypto";

import type Docker from "dockerode";

import { containerOf } from "./backends/backends.ts";
import { buildCatalogue, type ModelEntry, type WorkerImages } from "./core/catalogue.ts";
import type { ObservedWorker, Slot } from "./core/state.ts";
import type { ConfigFile, LoadedConfig } from "./edge/config-file.ts";
import type { Engine } from "./edge/docker.ts";
import type { Surroundings } from "./edge/facts.ts";
import type { ModelFiles } from "./edge/model-files.ts";

/** What the catalogue wants: the models and the body with which each one's worker would be created. */
type Wanted = {
  readonly entries: readonly ModelEntry[];
  readonly bodies: ReadonlyMap<Slot, Docker.ContainerCreateOptions>;
  readonly specHashes: ReadonlyMap<Slot, string>;
  readonly config: LoadedConfig;
};

export type Seen = Wanted & { readonly observed: readonly ObservedWorker[] };

export type LookDeps = {
  readonly files: ModelFiles;
  readonly config: ConfigFile;
  readonly workerImages: WorkerImages;
};

/** Reads configuration and model files, and derives what each worker should be. */
async function readWanted(deps: LookDeps, around: Surroundings): Promise<Wanted> {
  const [files, config] = await Promise.all([deps.files.list(), deps.config.load()]);
  const entries = buildCatalogue(files, config.config, around.machine, deps.workerImages);
  const bodies = new Map(entries.map((e) => [e.slot, containerOf(e, around.facts)]));
  const specHashes = new Map(entries.map((e) => [e.slot, specHash(e, bodies.get(e.slot))]));
  return { entries, bodies, specHashes, config };
}

export async function look(deps: LookDeps, around: Surroundings, engine: Engine): Promise<Seen> {
  const [wanted, observed] = await Promise.all([readWanted(deps, around), engine.list()]);
  return { ...wanted, observed };
}

/** Another file under the same name is another worker, too. */
function specHash({ createdS, sizeBytes }: ModelEntry, body: object | undefined): string {
  const all = JSON.stringify([body, createdS, sizeBytes]);
  return createHash("sha256").update(all).digest("hex").slice(0, 32);
}
