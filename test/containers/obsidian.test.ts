import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import type { EnrichmentReport, EnrichmentRequest } from "@benchai/contract/enrichment";
import type { NoteView, NoteWritten, VaultGraphView, VaultStatus } from "@benchai/contract/obsidian";
import type { SearchAnswer } from "@benchai/contract/rag";

import { eventually } from "../support/eventually.ts";
import { root } from "../support/images.ts";
import { type Stack, startStack } from "../support/stack.ts";

const fixture = join(root, "services/knowledge/test/vault");
let stack: Stack;
let vault: string;

beforeAll(async () => {
  vault = mkdtempSync(join(tmpdir(), "benchai-vault-"));
  cpSync(fixture, vault, { recursive: true });
  // The service runs as user 1000, whoever runs the tests.
  for (const folder of ["", ...foldersIn(vault)]) chmodSync(join(vault, folder), 0o777);
  stack = await startStack({
    config: { defaults: { context: 2_048 } },
    env: { OBSIDIAN_VAULT: vault, OBSIDIAN_ACCESS: "rw" },
  });
  await eventually("the vault is indexed", async () => (await status()).indexed_at ?? undefined);
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(vault, { recursive: true, force: true });
});

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

type Answer<T> = { readonly status: number; readonly json: T };

async function ask<T>(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(`${stack.baseUrl}/v1/obsidian/${path}`, {
    method,
    headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, json: (await response.json()) as T };
}

/** The field is ours: the official client's types do not know it, and send it all the same. */
const asking = (benchai: EnrichmentRequest) => ({ benchai });

const status = async () => (await ask<VaultStatus>("GET", "status")).json;

test("the mounted vault is read with the app closed, and /health says so", async () => {
  expect(await status()).toMatchObject({ available: true, kind: "folder", writable: true });
  await eventually("the router has seen it", async () => {
    const { features } = (await (await fetch(`${stack.baseUrl}/health`)).json()) as {
      features: { obsidian: boolean };
    };
    return features.obsidian;
  });
});

test("every broken link of the fixture vault is listed, and no other", async () => {
  const { json } = await ask<VaultGraphView>("GET", "graph");
  const expected = JSON.parse(
    readFileSync(join(root, "services/knowledge/test/vault-expected.json"), "utf8"),
  ) as Record<string, { line: number; broken?: string }[]>;
  const broken = Object.entries(expected).flatMap(([from, links]) =>
    links.flatMap(({ line, broken: reason }) => (reason === undefined ? [] : [`${from}:${line} ${reason}`])),
  );
  const found = json.unresolved.map(({ from, line, reason }) => `${from}:${line} ${reason}`);
  // A card of the canvas shows a file that is not there, and another one links to nothing.
  const ofCanvas = ["Board.canvas:1 no_note", "Board.canvas:1 no_note"];
  expect(found.toSorted()).toEqual([...broken, ...ofCanvas].toSorted());
});

test("a note is written, found by a search and by a chat, and changed by Obsidian's own hand", async () => {
  const made = await ask<NoteWritten>("PUT", "notes/Cellar%20keys.md", {
    text: "The cellar key of Huber & Sons hangs behind the clock.\n",
  });
  expect(made.status).toBe(201);
  expect(readFileSync(join(vault, "Cellar keys.md"), "utf8")).toContain("behind the clock");
  const found = async (query: string) =>
    (await ask<SearchAnswer>("POST", "search", { query, mode: "lexical" })).json.results.map(
      (hit) => hit.source,
    );
  await eventually(
    "it is found",
    async () => (await found("cellar key Huber")).includes("Cellar keys.md"),
    2_000,
  );
  const enriched = await stack.openai.chat.completions.create({
    model: "tiny-chat",
    messages: [{ role: "user", content: "Where does the cellar key of Huber & Sons hang?" }],
    max_tokens: 4,
    ...asking({ rag: { collections: ["obsidian"] } }),
  });
  const { benchai } = enriched as unknown as { benchai: EnrichmentReport };
  expect(benchai.citations.map((citation) => citation.path)).toContain("Cellar keys.md");
  writeFileSync(join(vault, "Cellar keys.md"), "It lies under the doormat now.\n");
  await eventually(
    "the edit is found",
    async () => (await found("doormat")).includes("Cellar keys.md"),
    2_000,
  );
  const stale = await ask(
    "PUT",
    "notes/Cellar%20keys.md",
    { text: "x" },
    { "if-match": `"${made.json.etag}"` },
  );
  expect(stale.status).toBe(412);
});

test("S51: killed among two hundred writes, every note is old or new, whole", async () => {
  const texts = ["old", "new"].map((word) => `${word} `.repeat(20_000));
  const names = Array.from({ length: 20 }, (_, i) => `whole/n${i}.md`);
  for (const name of names) expect((await ask("PUT", `notes/${name}`, { text: texts[0] })).status).toBe(201);
  const writes = Array.from({ length: 200 }, async (_, i) => {
    const path = `notes/${names[i % names.length]}`;
    const { json } = await ask<NoteView>("GET", path);
    await ask("PUT", path, { text: texts[(i >> 3) % 2] }, { "if-match": `"${json.etag}"` });
  });
  const half = writes.slice(0, 100);
  await Promise.allSettled(half);
  await stack.service("knowledge").kill();
  await Promise.allSettled(writes);
  for (const name of names) expect(texts).toContain(readFileSync(join(vault, name), "utf8"));
  await stack.service("knowledge").start();
  await eventually("it is back", async () => (await status().catch(() => undefined))?.available);
  await eventually("nothing staged is left", () => {
    const left = readdirSync(join(vault, "whole"), { recursive: true }).map(String);
    return left.every((name) => name.endsWith(".md") && !name.startsWith("."));
  });
});
