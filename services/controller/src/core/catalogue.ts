import type { ModelKind } from "@benchai/contract/models";

import { batchTokensOf } from "./batch.ts";
import type { Config, ModelConfig } from "./config-schema.ts";
import type { GgufHeader } from "./gguf.ts";
import { hash32 } from "./hash.ts";
import { estimateMemoryMiB, estimateWhisperMiB, type WorkerSize } from "./memory.ts";
import type { WhisperHeader } from "./whisper-header.ts";

/** A `.gguf` file, or a `.bin` file of whisper.cpp, as it lies in a models folder. */
export type ModelFile = {
  readonly name: string;
  readonly folder: "models" | "embedded";
  /** Of all its parts together, for a model that is split over several files. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly header: GgufHeader | undefined;
  /** Of a `.bin` file; it has no other. */
  readonly whisper?: WhisperHeader | undefined;
  /** Why it cannot be served, and what to do; undefined when it can. */
  readonly problem: string | undefined;
};

/** What the engine's machine offers. */
export type Machine = { readonly hasGpu: boolean; readonly memoryMiB: number };

export type ModelEntry = {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly slot: string;
  readonly kind: ModelKind;
  readonly file: Pick<ModelFile, "name" | "folder">;
  readonly createdS: number;
  readonly sizeBytes: number;
  /** Tokens of one conversation. */
  readonly contextTokens: number;
  readonly parallel: number;
  readonly memoryMiB: number;
  readonly pinned: boolean;
  readonly idleAfterMs: number;
  readonly device: { readonly wanted: "cpu" | "gpu"; readonly actual: "cpu" | "gpu" };
  /** CPU threads, when something is known to be better than the server's own choice. */
  readonly threads: number | undefined;
  readonly flags: readonly string[];
  /** True for an embedding model whose file does not say how to make one vector of many. */
  readonly needsPooling: boolean;
  /** The physical batch in tokens, where the server's own would refuse inputs that fit the context. */
  readonly batchTokens: number | undefined;
  readonly image: string;
  readonly problem: string | undefined;
};

/** The images of the workers, where neither a model nor the defaults name another. */
export type WorkerImages = { readonly llama: string; readonly whisper: string };

const defaultContextTokens = 8_192;
/** Below this size more threads only wait for each other, in bytes. */
const singleThreadBytes = 64 * 1024 * 1024;

/** What holds where neither `models` nor `defaults` of the configuration says otherwise. */
const builtIn = {
  aliases: [] as string[],
  device: "auto",
  flags: [] as string[],
  idleS: 900,
  parallel: 2,
  pin: false,
} as const satisfies ModelConfig;
type Settings = ModelConfig & Required<Pick<ModelConfig, keyof typeof builtIn>>;

/** Every model that is served: one per file, with what the configuration says of it, and the configured ones whose file is missing. */
export function buildCatalogue(
  files: readonly ModelFile[],
  config: Config,
  machine: Machine,
  images: WorkerImages,
): ModelEntry[] {
  const configured = Object.entries(config.models ?? {}).map(([name, m]) => {
    const file = files.find((f) => f.name === fileNameOf(name, m)) ?? servedAs(name, m, files);
    return { name, settings: settingsOf(config, m, file), file };
  });
  const claimed = new Set(configured.map((c) => c.file?.name));
  const taken = new Set(configured.flatMap((c) => [c.name, ...c.settings.aliases]));
  const found = files
    .filter((f) => !claimed.has(f.name))
    .map((file) => ({
      name: freeName(file, taken),
      settings: settingsOf(config, {}, file),
      file,
    }));
  return [...configured, ...found]
    .map(({ name, settings, file }) => entry(name, settings, file, machine, images))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** `flags` and `image` of the defaults are llama-server's. */
function settingsOf({ defaults = {} }: Config, m: ModelConfig, file: ModelFile | undefined): Settings {
  const { flags: _flags, image: _image, ...common } = defaults;
  // whisper-server works on one request at a time.
  if (isTranscription(m, file)) return { ...builtIn, ...common, ...m, parallel: 1 };
  return { ...builtIn, ...defaults, ...m };
}

function isTranscription({ kind, file: name = "" }: ModelConfig, file: ModelFile | undefined): boolean {
  return file ? isWhisperName(file.name) : kind === "transcription" || isWhisperName(name);
}

/** Whether a file in models/ with this name is for whisper-server. */
export function isWhisperName(fileName: string): boolean {
  return /\.bin$/i.test(fileName);
}

function fileNameOf(name: string, m: ModelConfig): string {
  return m.file ?? `${name}.${m.kind === "transcription" ? "bin" : "gguf"}`;
}

/** The file that would be served under this name without any configuration: the first part of a split one. */
function servedAs(name: string, m: ModelConfig, files: readonly ModelFile[]) {
  return m.file === undefined ? files.find((f) => stem(f.name) === name) : undefined;
}

/** A name leads to one model: a file whose stem is taken already is served under its whole name. */
function freeName({ name }: ModelFile, taken: Set<string>): string {
  const free = taken.has(stem(name)) ? name : stem(name);
  taken.add(free);
  return free;
}

function entry(
  name: string,
  m: Settings,
  found: ModelFile | undefined,
  machine: Machine,
  images: WorkerImages,
): ModelEntry {
  const file = found ?? missingFile(name, fileNameOf(name, m));
  const kind = kindOf(m, file);
  const contextTokens = file.whisper?.textTokens ?? m.context ?? trainedContext(file);
  const batchTokens = batchTokensOf(kind, file.header, contextTokens, m.flags);
  return {
    name,
    aliases: m.aliases,
    slot: slotOf(name),
    kind,
    needsPooling: kind === "embedding" && !file.header?.hasPooling,
    batchTokens,
    file: { name: file.name, folder: file.folder },
    createdS: Math.floor(file.modifiedMs / 1000),
    sizeBytes: file.sizeBytes,
    contextTokens,
    parallel: m.parallel,
    memoryMiB: m.memoryMiB ?? estimate(file, { contextTokens, parallel: m.parallel, batchTokens }),
    pinned: m.pin,
    idleAfterMs: m.idleS * 1000,
    device: deviceOf(m, machine),
    threads: m.threads ?? knownThreads(kind, file),
    flags: m.flags,
    image: m.image ?? imageFor(kind, images),
    problem: file.problem ?? kindProblem(name, m, kind),
  };
}

function imageFor(kind: ModelKind, images: WorkerImages): string {
  return kind === "transcription" ? images.whisper : images.llama;
}

function knownThreads(kind: ModelKind, { sizeBytes }: ModelFile): number | undefined {
  return kind !== "transcription" && sizeBytes < singleThreadBytes ? 1 : undefined;
}

/** A file of whisper.cpp can only be transcribed with, and no other can be. */
function kindOf(m: Settings, file: ModelFile): ModelKind {
  if (isTranscription(m, file)) return "transcription";
  const found = file.header?.isEmbedding ? "embedding" : "chat";
  return m.kind === "transcription" ? found : (m.kind ?? found);
}

function kindProblem(name: string, { kind: told }: Settings, kind: ModelKind): string | undefined {
  if (told === undefined || told === kind) return undefined;
  return `its file is for a model of kind ${kind}; correct models.${name}.kind in benchai.yaml`;
}

function deviceOf({ device }: Settings, { hasGpu }: Machine): ModelEntry["device"] {
  const wantsGpu = device === "gpu" || (device === "auto" && hasGpu);
  return { wanted: wantsGpu ? "gpu" : "cpu", actual: wantsGpu && hasGpu ? "gpu" : "cpu" };
}

function missingFile(model: string, name: string): ModelFile {
  const problem = `there is no ${name} in models/; put the file there (./benchai pull …) or correct models.${model} in benchai.yaml`;
  return { name, folder: "models", sizeBytes: 0, modifiedMs: 0, header: undefined, problem };
}

function trainedContext({ header }: ModelFile): number {
  return Math.min(header?.contextTokens || defaultContextTokens, defaultContextTokens);
}

function estimate({ header, whisper, sizeBytes }: ModelFile, size: WorkerSize): number {
  if (whisper) return estimateWhisperMiB(sizeBytes, whisper);
  return header ? estimateMemoryMiB(sizeBytes, header, size) : 0;
}

/** The name under which a file is served: without `.gguf` or `.bin`, and without the part number of a split model. */
export function stem(fileName: string): string {
  return fileName.replace(/\.(gguf|bin)$/i, "").replace(/-00001-of-\d{5}$/, "");
}

/**
 * A name fit for a container: the model's own when it is, otherwise the nearest such text and a hash of the name.
 * A name that ends like such a hash gets one too, so that no name can be another's slot.
 */
export function slotOf(name: string): string {
  if (/^[a-z0-9][a-z0-9_.-]{0,47}$/.test(name) && !/-[a-z0-9]{7}$/.test(name)) return name;
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 39);
  return `${plain || "model"}-${hash32(name).toString(36).padStart(7, "0")}`;
}
