import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "vitest";

import { gguf, type Hub, type HubFile } from "./hub-server.ts";
import type { Run, Sandbox } from "./sandbox.ts";

export const repo = "owner/model-GGUF";
export const q4 = gguf(40_000, 4);
export const q8 = gguf(60_000, 8);

/** What a repository usually has: a readme, models, and the eye of a vision model. */
export const usual: readonly HubFile[] = [
  { path: "README.md", content: Buffer.from("# readme") },
  { path: "model-BF16.gguf", content: gguf(90_000, 2) },
  { path: "model-Q4_K_M.gguf", content: q4 },
  { path: "model-Q8_0.gguf", content: q8 },
  { path: "mmproj-model-Q8_0.gguf", content: gguf(500, 3) },
];

export const pull = (
  box: Sandbox,
  from: Hub,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> => box.run(["pull", ...args], { HF_ENDPOINT: from.origin, ...env });

export const models = (box: Sandbox): string[] => readdirSync(join(box.home, "models")).toSorted();

export const model = (box: Sandbox, name: string): Buffer => readFileSync(join(box.home, "models", name));

/** A failure with one line that says what, why and what to do. */
export function expectRefused(result: Run, message: string | RegExp): void {
  expect(result.code).toBe(1);
  expect(result.err).toMatch(/^benchai: [^\n]*\n$/u);
  expect(result.err).toMatch(message);
}
