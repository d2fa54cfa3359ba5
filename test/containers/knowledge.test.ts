import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { EnrichmentReport, EnrichmentRequest } from "@benchai/contract/enrichment";
import type { JobView } from "@benchai/contract/jobs";
import type { MemoryHit, MemoryView } from "@benchai/contract/memory";
import type { SearchAnswer } from "@benchai/contract/rag";

import { eventually } from "../support/eventually.ts";
import { execIn, type Stack, startStack } from "../support/stack.ts";

const bobsKey = "bobs-key";
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    config: {
      // Retrieved text may take a quarter of it; tiny-chat's own is too small for that.
      defaults: { context: 2_048 },
      owners: { bob: { keys: [createHash("sha256").update(bobsKey).digest("hex")] } },
      assistants: { librarian: { model: "tiny-chat", system: "You are a librarian.", rag: true } },
    },
  });
  mkdirSync(join(stack.documents, "notes"));
  note("boiler.md", "# House\n\n## Boiler\n\nThe boiler is serviced by Huber & Sons every May.\n");
  note("garden.md", "# Garden\n\nTomatoes are planted after the Ice Saints.\n");
});
afterAll(() => stack[Symbol.asyncDispose]());

function note(name: string, text: string): void {
  writeFileSync(join(stack.documents, "notes", name), text);
}

async function ask<T>(path: string, body?: object, key = "none"): Promise<T> {
  const response = await fetch(stack.baseUrl + path, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${key}`, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

const sources = async (query: string, key?: string) => {
  const path = `/v1/rag/search?mode=lexical&q=${encodeURIComponent(query)}`;
  return (await ask<SearchAnswer>(path, undefined, key)).results.map((r) => r.source);
};

async function finished(job: JobView): Promise<JobView> {
  return eventually(`job ${job.id} ends`, async () => {
    const now = await ask<JobView>(`/v1/jobs/${job.id}`);
    return now.state === "queued" || now.state === "running" ? undefined : now;
  });
}

/** The field is ours: the official client's types do not know it, and send it all the same. */
const asking = (benchai: EnrichmentRequest) => ({ benchai });

const question = [{ role: "user" as const, content: "When is the boiler serviced by Huber & Sons?" }];

test("health says that memory and documents are there", async () => {
  const health = await eventually("the router has seen the knowledge service", async () => {
    const now = await ask<{ features: Record<string, boolean> }>("/health");
    return now.features["rag"] ? now : undefined;
  });
  expect(health.features).toMatchObject({ memory: true, rag: true });
});

test("a folder is indexed by a job on the real queue, and found with an exact citation", async () => {
  const { job } = await ask<{ job: JobView }>("/v1/rag/index", { path: "notes" });
  expect(await finished(job)).toMatchObject({ state: "done", done: 2, total: 2 });
  const { results } = await ask<SearchAnswer>("/v1/rag/search", { query: "boiler service" });
  expect(results[0]?.citation).toMatchObject({ reference: "boiler.md#L1-L5", title: "House" });
});

test("an edit is found within two seconds, and a deleted file is gone as quickly", async () => {
  await eventually("the folder is watched", () => sources("tomatoes").then((s) => s.length > 0 || undefined));
  note("garden.md", "# Garden\n\nPumpkins are planted in the compost.\n");
  await eventually(
    "the edit is found",
    () => sources("pumpkins").then((s) => s.includes("garden.md") || undefined),
    2_000,
  );
  expect(await sources("tomatoes")).toEqual([]);
  rmSync(join(stack.documents, "notes", "garden.md"));
  await eventually(
    "the deletion is seen",
    () => sources("pumpkins").then((s) => s.length === 0 || undefined),
    2_000,
  );
});

test("a chat is enriched only when it asks, with citations that the official client passes on", async () => {
  const plain = await stack.openai.chat.completions.create({
    model: "tiny-chat",
    messages: question,
    max_tokens: 4,
  });
  expect(plain).not.toHaveProperty("benchai");
  const enriched = await stack.openai.chat.completions.create({
    model: "tiny-chat",
    messages: question,
    max_tokens: 4,
    ...asking({ rag: true }),
  });
  const report = (enriched as unknown as { benchai: EnrichmentReport }).benchai;
  expect(report.citations.map((c) => c.reference)).toEqual(["boiler.md#L1-L5"]);
  expect(enriched.usage?.prompt_tokens).toBeGreaterThan((plain.usage?.prompt_tokens ?? 0) + 50);
});

test("a question that nothing bears on is passed on as it is", async () => {
  const unrelated = [{ role: "user" as const, content: "Write a haiku about submarines." }];
  const answer = await stack.openai.chat.completions.create({
    model: "tiny-chat",
    messages: unrelated,
    max_tokens: 4,
    ...asking({ rag: true, memory: true }),
  });
  expect((answer as unknown as { benchai: EnrichmentReport }).benchai).toMatchObject({
    citations: [],
    tokens: 0,
  });
});

test("an assistant is a model of its own, and streams its citations before the end", async () => {
  const models = await Array.fromAsync(stack.openai.models.list());
  expect(models.map((m) => m.id)).toContain("librarian");
  const stream = await stack.openai.chat.completions.create({
    model: "librarian",
    messages: question,
    max_tokens: 4,
    stream: true,
  });
  const chunks = await Array.fromAsync(stream);
  const last = chunks.at(-1) as unknown as { choices: unknown[]; benchai: EnrichmentReport };
  expect(last.choices).toEqual([]);
  expect(last.benchai.citations.map((c) => c.path)).toEqual(["boiler.md"]);
});

test("A9, S37: what belongs to one key is nobody else's", async () => {
  const { memory } = await ask<{ memory: MemoryView }>("/v1/memory/add", {
    content: "Ann keeps bees in Graz.",
  });
  await ask("/v1/memory/add", { content: "Bob collects stamps." }, bobsKey);
  const found = async (q: string, key?: string) =>
    (await ask<{ results: MemoryHit[] }>(`/v1/memory/search?q=${q}`, undefined, key)).results.map(
      (r) => r.content,
    );
  expect(await found("bees")).toEqual(["Ann keeps bees in Graz."]);
  expect(await found("bees", bobsKey)).toEqual([]);
  expect(await found("stamps")).toEqual([]);
  await expect(ask(`/v1/memory/${memory.id}`, undefined, bobsKey)).rejects.toThrow("404");
  expect(await sources("boiler", bobsKey)).toEqual([]);
  await expect(ask("/v1/rag/index", { path: "notes" }, bobsKey)).rejects.toThrow("404");
});

test("a coding agent searches and remembers through MCP, behind the router", async () => {
  const client = new Client({ name: "agent", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${stack.baseUrl}/mcp`)));
  const { content } = await client.callTool({ name: "search_documents", arguments: { query: "boiler" } });
  expect(JSON.stringify(content)).toContain("boiler.md#L1-L5");
  await client.close();
});

test("S51, S57: killed, and with the queue away, nothing that was acknowledged is lost, and jobs go on", async () => {
  await stack.service("valkey").stop({ t: 1 });
  await ask("/v1/memory/add", { content: "Acknowledged while the queue was away." });
  const { job } = await ask<{ job: JobView }>("/v1/rag/documents", {
    path: "pasted.md",
    text: "The attic key hangs behind the clock.",
  });
  expect(await stack.answers("tiny-chat")).toBe(true);
  await stack.service("knowledge").kill();
  await stack.service("knowledge").start();
  await stack.service("valkey").start();
  const ended = await eventually("the job ends", () => finished(job).catch(() => undefined), 60_000);
  expect(ended).toMatchObject({ state: "done" });
  expect(await sources("attic key")).toEqual(["pasted.md"]);
  const { results } = await ask<{ results: MemoryHit[] }>("/v1/memory/search?q=acknowledged+queue");
  expect(results.map((r) => r.content)).toEqual(["Acknowledged while the queue was away."]);
});

test("a backup is made beside the running service and read back", async () => {
  const said = await execIn(stack.service("knowledge"), ["node", "services/knowledge/src/cli.ts", "backup"]);
  expect(said).toMatch(/^name knowledge-\d{8}T\d{6}Z\.db\n[^]*\nrows memories=3 .*documents=2 /u);
});
