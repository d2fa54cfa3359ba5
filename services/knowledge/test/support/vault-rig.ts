import { createHash } from "node:crypto";

import { AppError } from "@benchai/contract/errors";

import type { NotePatch } from "../../src/core/vault/note-patch.ts";
import type { Condition, Vault } from "../../src/edge/vault/vault.ts";

/** A writable vault for one test, empty at first, and what lies in it seen from outside. */
export type OpenVault = {
  readonly vault: Vault;
  /** Puts files there as another program would, by their paths. */
  seed(files: Readonly<Record<string, string>>): Promise<void>;
  /** The text of a file, byte order mark and line ends included; undefined when there is none. */
  readRaw(path: string): Promise<string | undefined>;
  close(): Promise<void>;
};

export const any: Condition = { kind: "any" };
export const absent: Condition = { kind: "absent" };

/** The demand that a note is what it is now. */
export async function matchOf(vault: Vault, path: string): Promise<Condition> {
  return { kind: "match", etag: (await vault.read(path)).etag };
}

/** All paths of a vault, sorted. */
export async function pathsOf(vault: Vault): Promise<readonly string[]> {
  return (await vault.list(new AbortController().signal)).map((file) => file.path).toSorted();
}

/** A change of one property. */
export function property(operation: NotePatch["operation"], key: string, content = ""): NotePatch {
  return { target: { kind: "property", key }, operation, content };
}

/** The error that some work is refused with; throws when it is not refused. */
export async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    (value: unknown) => new Error(`it was not refused: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

/** In hex, of a text's bytes. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
