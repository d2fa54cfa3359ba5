import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { ownerHeader } from "@benchai/contract/enrichment";
import type { MemoryAddAnswer, MemoryHit, MemoryView } from "@benchai/contract/memory";
import { type App, createApp } from "@benchai/kernel/app";
import { createLogger } from "@benchai/kernel/log";

import { temporaryFolder } from "../../test/folder.ts";
import { importHistoric } from "../edge/store/historic-import.ts";
import { getMemory, memoryStats, recentMemories, searchMemories } from "../edge/store/memories-read.ts";
import { addMemory, changeMemory, forgetBatch, forgetMemory } from "../edge/store/memories-write.ts";
import { exportMemories, importLines } from "../edge/store/memory-import.ts";
import { epochMsOf } from "../edge/store/memory-rows.ts";
import { openWriter } from "../edge/store/open.ts";
import { dropTurns } from "../edge/store/turns.ts";
import { memoryRoutes } from "./memory.ts";

let app: App;

beforeEach(async () => {
  const db = openWriter(join(temporaryFolder(), "knowledge.db"));
  app = createApp({ log: createLogger("test", "silent"), bodyLimitBytes: 1_000_000 });
  const nowMs = Date.parse("2026-11-24T00:00:00Z");
  memoryRoutes(app, {
    add: async (owner, request) => addMemory(db, { owner, request, nowMs }),
    search: async (owner, question) =>
      searchMemories(db, { ...question, owner, asOfMs: question.asOfMs ?? nowMs, nowMs }),
    recent: async (owner, page) => recentMemories(db, { ...page, owner, asOfMs: page.asOfMs ?? nowMs }),
    stats: async (owner) => memoryStats(db, { owner, nowMs }),
    get: async (owner, id) => getMemory(db, { owner, id }),
    change: async (owner, id, patch) => changeMemory(db, { owner, id, patch, nowMs }),
    forget: async (owner, id) => forgetMemory(db, { owner, id }),
    forgetBatch: async (owner, batch) => forgetBatch(db, { owner, batch }),
    dropTurns: async (owner, conversation) => dropTurns(db, { owner, conversation }),
    exportPage: async (owner, after) => exportMemories(db, { owner, after, limit: 2 }),
    importLines: async (owner, ndjson) => importLines(db, { owner, ndjson, nowMs }),
    importHistoric: async (owner, bytes, name) => importHistoric(db, { owner, bytes, name, nowMs }),
    optimize: async () => ({
      id: "job_1",
      kind: "optimize",
      state: "queued",
      attempt: 0,
      done: 0,
      message: "",
      created_at: "2026-11-24T00:00:00.000Z",
    }),
    timeOf: epochMsOf,
  });
  await app.ready();
  return async () => {
    await app.close();
    db.close();
  };
});

type Method = "GET" | "POST" | "PATCH" | "DELETE";
async function call(
  method: Method,
  url: string,
  body?: object | string,
  headers: Record<string, string> = {},
) {
  const type = typeof body === "object" ? { "content-type": "application/json" } : {};
  const payload = typeof body === "object" ? JSON.stringify(body) : body;
  const reply = await app.inject({
    method,
    url,
    headers: { ...type, ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return {
    status: reply.statusCode,
    json: () => reply.json<Record<string, unknown>>(),
    text: reply.body,
    reply,
  };
}
const add = async (content: string, more: object = {}) =>
  (await call("POST", "/v1/memory/add", { content, ...more })).json() as MemoryAddAnswer;
const results = async (url: string) => (await call("GET", url)).json()["results"] as MemoryHit[];
const codeOf = ({ json }: Awaited<ReturnType<typeof call>>) => (json()["error"] as { code: string }).code;
const bob = { [ownerHeader]: "bob" };

describe("the memory API", () => {
  it("speaks the historic shapes", async () => {
    expect(await add("likes green tea", { category: "preference" })).toMatchObject({
      status: "ok",
      message: "Memory saved",
      outcome: "added",
    });
    expect((await add("Likes green tea.")).outcome).toBe("duplicate");
    expect(await results("/v1/memory/search?q=tea&limit=5")).toMatchObject([
      { content: "likes green tea", category: "preference", created_at: "2026-11-24T00:00:00.000Z" },
    ]);
    expect((await results("/v1/memory/search?q=tea"))[0]?.relevance).toBeGreaterThan(0);
    expect(await results("/v1/memory/recent?limit=1")).toHaveLength(1);
    expect((await call("GET", "/v1/memory/stats")).json()).toMatchObject({
      total_memories: 1,
      total_conversations: 0,
      by_category: { preference: 1 },
      fts5_enabled: true,
      journal_mode: "wal",
    });
    expect((await call("POST", "/v1/memory/optimize")).json()).toMatchObject({
      status: "ok",
      job: { id: "job_1" },
    });
  });

  it("reads, changes and forgets one memory, of its owner only", async () => {
    const { memory } = await add("likes tea");
    const url = `/v1/memory/${memory.id}`;
    for (const [method, body] of [["GET"], ["PATCH", { pinned: true }], ["DELETE"]] as const)
      expect(await call(method, url, body, bob)).toMatchObject({ status: 404 });
    expect((await call("GET", url)).json()).toEqual({ ...memory });
    expect((await call("PATCH", url, { pinned: true })).json()).toMatchObject({ pinned: true });
    expect((await call("DELETE", url)).json()).toEqual({ status: "ok", deleted: 1, erased: true });
    expect((await call("GET", url)).status).toBe(404);
  });

  it("refuses with a reason that repeats no secret", async () => {
    const refused = await call("POST", "/v1/memory/add", { content: "my password is hunter2" });
    expect(refused.status).toBe(422);
    expect(codeOf(refused)).toBe("memory_refused");
    expect(refused.text).not.toContain("hunter2");
    expect((await call("POST", "/v1/memory/add", { content: "likes tea", owner: "bob" })).status).toBe(400);
  });

  it("reads as of a time", async () => {
    const old = await add("lives in Graz", { valid_from: "2020-01-01" });
    await add("lives in Linz", { valid_from: "2024-01-01", supersedes: old.memory.id });
    const contents = async (url: string) => (await results(url)).map((m: MemoryView) => m.content);
    for (const url of ["/v1/memory/search?q=lives&", "/v1/memory/recent?", "/v1/memory?"]) {
      expect(await contents(`${url}as_of=2022-01-01`)).toEqual(["lives in Graz"]);
      expect(await contents(`${url}namespace=x`)).toEqual(["lives in Linz"]);
    }
    expect((await call("GET", "/v1/memory/recent?as_of=yesterday")).status).toBe(400);
    expect((await call("GET", "/v1/memory/recent?limit=0")).status).toBe(400);
    expect((await call("GET", "/v1/memory/search?q=")).status).toBe(400);
  });

  it("exports lines over several pages, and imports them as the same bytes", async () => {
    for (const i of [1, 2, 3, 4, 5]) await add(`statement number ${i} 🙂`);
    const exported = await call("GET", "/v1/memory/export");
    expect(exported.reply.headers["content-type"]).toContain("application/x-ndjson");
    expect(exported.text.split("\n")).toHaveLength(6);
    const lines = { ...bob, "content-type": "application/x-ndjson" };
    expect((await call("POST", "/v1/memory/import", exported.text, lines)).json()).toMatchObject({
      imported: 5,
    });
    expect((await call("GET", "/v1/memory/export", undefined, bob)).text).toBe(exported.text);
    const nobody = { [ownerHeader]: "nobody" };
    expect(await call("GET", "/v1/memory/export", undefined, nobody)).toMatchObject({
      status: 200,
      text: "",
    });
    expect((await call("POST", "/v1/memory/import", "rubbish", lines)).status).toBe(400);
    expect((await call("POST", "/v1/memory/import", { a: 1 })).status).toBe(415);
    const database = { "content-type": "application/vnd.sqlite3" };
    expect(codeOf(await call("POST", "/v1/memory/import", "rubbish", database))).toBe("document_unreadable");
  });

  it("answers for batches and turns that are not there", async () => {
    expect((await call("DELETE", "/v1/memory/batches/batch_1")).status).toBe(404);
    expect((await call("DELETE", "/v1/memory/turns?conversation=c")).json()).toMatchObject({ deleted: 0 });
  });
});
