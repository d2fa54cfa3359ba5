import type { ModelKind } from "@benchai/contract/models";

import type { ModelEntry } from "../core/catalogue.ts";
import { llamaProgram } from "./llama-server.ts";
import { whisperProgram } from "./whisper-server.ts";
import { type Program, type StackFacts, workerContainer, workerPort } from "./worker-container.ts";

/** A kind of model server. */
type Backend = {
  program(e: ModelEntry): Program;
  /** What stands before every path of a worker whose key is `key`. */
  basePath(key: string): string;
};

const llama: Backend = { program: llamaProgram, basePath: () => "" };
const whisper: Backend = { program: whisperProgram, basePath: (key) => `/${key}` };

const backends: Readonly<Record<ModelKind, Backend>> = {
  chat: llama,
  embedding: llama,
  rerank: llama,
  transcription: whisper,
};

/** The body with which a model's worker is created; see `workerContainer`. */
export function containerOf(e: ModelEntry, facts: StackFacts) {
  return workerContainer(e, facts, backends[e.kind].program(e));
}

/** Where a router reaches the worker of a model of this kind. */
export function urlOf(kind: ModelKind, address: string, key: string): string {
  return `http://${address}:${workerPort}${backends[kind].basePath(key)}`;
}
