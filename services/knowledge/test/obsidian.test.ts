import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { NoteView, VaultStatus } from "@benchai/contract/obsidian";
import type { SearchAnswer } from "@benchai/contract/rag";
import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { KnowledgeConfig } from "../src/edge/config.ts";
import { type RunningKnowledge, startKnowledge } from "../src/knowledge.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { lastingFolder } from "./folder.ts";

/** The whole service with its threads, and a vault that it may write; neither Valkey nor a router is there. */
async function start(home: string, access: "ro" | "rw"): Promise<RunningKnowledge> {
  const config = readConfig(KnowledgeConfig, {
    PORT: "0",
    DATA_DIR: join(home, `data-${access}`),
    DOCUMENTS_ROOT: join(home, "documents"),
    OBSIDIAN_VAULT: join(home, "vault"),
    OBSIDIAN_ACCESS: access,
    OBSIDIAN_TIME_ZONE: "Europe/Berlin",
    VALKEY_HOST: "127.0.0.1",
    VALKEY_PORT: "1",
    ROUTER_URL: "http://127.0.0.1:1",
    EMBED_MODEL: "none",
    BACKUP_EVERY_H: "0",
  });
  return startKnowledge(config, createLogger("knowledge", "fatal"), (error) => {
    throw error;
  });
}

describe("an Obsidian vault over HTTP", { timeout: 60_000 }, () => {
  const home = lastingFolder();
  const vault = join(home, "vault");
  let service: RunningKnowledge;
  const onDisk = (path: string) => readFileSync(join(vault, path), "utf8");

  async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`http://127.0.0.1:${service.port}/v1/obsidian/${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json, code: json?.error?.code };
  }
  const read = async (path: string) => (await ask("GET", `notes/${path}`)).json as NoteView;
  const found = async (query: string, filter: object = {}) =>
    ((await ask("POST", "search", { query, filter })).json as SearchAnswer).results.map((hit) => hit.source);

  beforeAll(async () => {
    for (const folder of ["documents", "vault/.obsidian", "vault/days", "vault/templates"])
      mkdirSync(join(home, folder), { recursive: true });
    writeFileSync(join(vault, ".obsidian/daily-notes.json"), '{"folder":"days","template":"templates/day"}');
    writeFileSync(join(vault, "templates/day.md"), "# {{title}}\n\n## Log\n");
    writeFileSync(join(vault, "Start.md"), "---\nstatus: open\n---\n[[Bread]] and [[Nowhere]]\n");
    writeFileSync(join(vault, "Bread.md"), "# Bread\nsourdough #food/baking\n");
    service = await start(home, "rw");
    await eventually(
      "all notes are indexed",
      async () => ((await ask("GET", "status")).json as VaultStatus).notes === 3,
    );
  }, 60_000);
  afterAll(() => service.close());

  it("says what there is", async () => {
    expect((await ask("GET", "status")).json).toMatchObject({
      configured: true,
      available: true,
      kind: "folder",
      writable: true,
      collection: "obsidian",
      notes: 3,
      links: 2,
    });
    const health = await fetch(`http://127.0.0.1:${service.port}/readyz`);
    expect(await health.json()).toMatchObject({ features: { obsidian: true } });
  });

  it("reads a note parsed and raw, with one etag", async () => {
    const parsed = await ask("GET", "notes/Start.md");
    expect(parsed.json).toMatchObject({
      path: "Start.md",
      properties: { status: "open" },
      links: [
        { text: "Bread", to: "Bread.md", line: 4 },
        { text: "Nowhere", to: null, missing: "no_note" },
      ],
    });
    const raw = await ask("GET", "notes/Start.md", undefined, { accept: "text/markdown" });
    expect(raw.text).toBe(onDisk("Start.md"));
    expect(raw.headers.get("etag")).toBe(parsed.headers.get("etag"));
    expect(raw.headers.get("etag")).toBe(`"${(parsed.json as NoteView).etag}"`);
    expect((await ask("GET", "notes/Missing.md")).code).toBe("not_found");
  });

  it("makes a note once, and replaces it only for who has read it", async () => {
    const made = await ask("PUT", "notes/New%20note.md", { text: "one" });
    expect(made).toMatchObject({ status: 201, json: { path: "New note.md", created: true } });
    const { etag } = made.json as { etag: string };
    expect(await ask("PUT", "notes/New%20note.md", { text: "two" })).toMatchObject({
      status: 428,
      code: "precondition_required",
    });
    expect(await ask("PUT", "notes/New%20note.md", { text: "two" }, { "if-none-match": "*" })).toMatchObject({
      status: 409,
    });
    const stale = { "if-match": `"${"0".repeat(64)}"` };
    expect(await ask("PUT", "notes/New%20note.md", { text: "two" }, stale)).toMatchObject({
      status: 412,
      code: "note_changed",
    });
    expect(onDisk("New note.md")).toBe("one");
    const replaced = await ask("PUT", "notes/New%20note.md", { text: "two" }, { "if-match": `"${etag}"` });
    expect(replaced.status).toBe(200);
    expect(onDisk("New note.md")).toBe("two");
    expect(
      await ask("PUT", "notes/New%20note.md", { text: "x" }, { "if-match": "W/nonsense" }),
    ).toMatchObject({
      status: 400,
    });
  });

  it("takes a note as plain Markdown", async () => {
    const response = await fetch(`http://127.0.0.1:${service.port}/v1/obsidian/notes/plain.md`, {
      method: "PUT",
      headers: { "content-type": "text/markdown" },
      body: "# as it is\n",
    });
    expect(response.status).toBe(201);
    expect(onDisk("plain.md")).toBe("# as it is\n");
  });

  it(
    "finds within two seconds what was written, by the program and by other hands",
    { tags: "clock" },
    async () => {
      const started = performance.now();
      await ask("POST", "notes/Bread.md", { text: "rye with caraway", heading: "Bread" });
      await eventually("the appended line is found", async () =>
        (await found("caraway")).includes("Bread.md"),
      );
      writeFileSync(join(vault, "Other.md"), "pumpernickel [[Bread]]");
      await eventually("the new note is found", async () =>
        (await found("pumpernickel")).includes("Other.md"),
      );
      expect(performance.now() - started).toBeLessThan(4_000);
      expect(await found("sourdough", { tags: ["food"] })).toEqual(["Bread.md"]);
      expect(await found("Bread", { links_to: "Bread.md", fields: { status: "open" } })).toEqual([
        "Start.md",
      ]);
    },
  );

  it("changes one property, section or block and nothing else", async () => {
    writeFileSync(join(vault, "Parts.md"), "---\n# mine\na: 1\n---\n# One\nx ^b\n\n# Two\ny\n");
    const patch = (target: object, operation: string, content: unknown) =>
      ask("PATCH", "notes/Parts.md", { target, operation, content });
    expect((await patch({ property: "a" }, "replace", [1, 2])).status).toBe(200);
    expect((await patch({ heading: "Two" }, "append", "z")).status).toBe(200);
    expect((await patch({ block: "b" }, "replace", "new")).status).toBe(200);
    expect(onDisk("Parts.md")).toMatch(
      /^---\n# mine\na:.*\n(.*\n)*---\n# One\nnew \^b\n\n# Two\ny\n\n?z\n$/u,
    );
    expect(await patch({ heading: "Three" }, "append", "z")).toMatchObject({ status: 404 });
    expect(await patch({ heading: "Two" }, "append", 7)).toMatchObject({ status: 400 });
  });

  it("renames a note with the links to it", async () => {
    const renamed = await ask("POST", "rename", { from: "Bread.md", to: "food/Loaf.md" });
    expect(renamed.json).toMatchObject({ path: "food/Loaf.md" });
    expect(new Set((renamed.json as { updated: string[] }).updated)).toEqual(
      new Set(["Start.md", "Other.md"]),
    );
    expect(onDisk("Start.md")).toContain("[[Loaf]] and [[Nowhere]]");
    await eventually("the index has the new name", async () => {
      const { json } = await ask("GET", "backlinks?path=food/Loaf.md");
      return (json as { data: unknown[] }).data.length === 2;
    });
    const { json: graph } = await ask("GET", "graph");
    expect(graph).toMatchObject({ unresolved: [{ from: "Start.md", text: "Nowhere", reason: "no_note" }] });
  });

  it("writes the day's note where the vault's settings put it, from its template", async () => {
    const made = await ask("POST", "periodic/daily", { date: "2026-11-27", text: "- baked", heading: "Log" });
    expect(made).toMatchObject({ status: 201, json: { path: "days/2026-11-27.md" } });
    const again = await ask("POST", "periodic/daily", { date: "2026-11-27", text: "- ate" });
    expect(again.status).toBe(200);
    expect(onDisk("days/2026-11-27.md")).toBe("# 2026-11-27\n\n## Log\n- baked\n- ate\n");
    expect((await ask("GET", "periodic/daily?date=2026-11-27")).json).toMatchObject({
      path: "days/2026-11-27.md",
    });
    expect((await ask("GET", "periodic/daily?date=2020-01-01")).code).toBe("not_found");
  });

  it("moves a deleted note to the vault's trash", async () => {
    writeFileSync(join(vault, "Old.md"), "old");
    expect((await ask("DELETE", "notes/Old.md")).json).toEqual({ trash_path: ".trash/Old.md" });
    expect(readdirSync(join(vault, ".trash"))).toEqual(["Old.md"]);
    expect((await ask("GET", "notes/Old.md")).status).toBe(404);
  });

  it("S62: takes no path that leads out of the vault, or to what is hidden in it", async () => {
    writeFileSync(join(home, "secret.md"), "secret");
    for (const path of [
      "..%2Fsecret.md",
      "a%2F..%2F..%2Fsecret.md",
      ".obsidian%2Fapp.json",
      "%2Fetc%2Fpasswd",
    ])
      for (const method of ["GET", "DELETE"]) {
        const { status, text } = await ask(method, `notes/${path}`);
        expect([400, 404]).toContain(status);
        expect(text).not.toContain("secret\n");
      }
    for (const path of ["con.md", "a%00.md", "tool.exe", "a%2F.hidden.md", `${"x".repeat(300)}.md`])
      expect((await ask("PUT", `notes/${path}`, { text: "x" })).status).toBe(400);
  });

  it("A9: is nobody else's", async () => {
    const bob = { "x-benchai-owner": "bob" };
    for (const path of ["notes", "notes/Start.md", "graph", "backlinks?path=Start.md", "periodic/daily"])
      expect(await ask("GET", path, undefined, bob)).toMatchObject({ status: 404 });
    expect((await ask("GET", "status", undefined, bob)).json).toMatchObject({ configured: false, notes: 0 });
    expect(await ask("PUT", "notes/Start.md", { text: "x" }, bob)).toMatchObject({ status: 404 });
  });

  it("offers the same to agents over MCP", async () => {
    const client = new Client({ name: "test", version: "1" });
    await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${service.port}/mcp`)));
    const call = async (name: string, input: Record<string, unknown>) => {
      const { content, isError } = await client.callTool({ name, arguments: input });
      return { text: (content as { text: string }[])[0]?.text ?? "", isError };
    };
    const { text } = await call("read_note", { path: "Start.md" });
    expect(text).toContain("[[Loaf]]");
    const etag = /^etag (\w+)/u.exec(text)?.[1];
    expect(await call("write_note", { path: "Start.md", text: "gone" })).toMatchObject({ isError: true });
    expect(await call("write_note", { path: "Start.md", text: "new [[Loaf]]", etag })).not.toMatchObject({
      isError: true,
    });
    expect((await call("append_to_note", { path: "Start.md", text: "more" })).text).toContain("Start.md");
    expect((await call("search_notes", { query: "pumpernickel" })).text).toContain("Other.md#L1");
    expect((await call("note_links", { path: "food/Loaf.md" })).text).toContain("linked from:\n");
    expect((await call("list_notes", { tag: "food/baking" })).text).toContain("food/Loaf.md");
    await client.close();
  });

  it("refuses every write unless the owner allows it", async () => {
    await service.close();
    service = await start(home, "ro");
    const before = onDisk("Start.md");
    const writes = [
      ["PUT", "notes/x.md", { text: "x" }],
      ["POST", "notes/Start.md", { text: "x" }],
      ["PATCH", "notes/Start.md", { target: { property: "a" }, operation: "replace", content: 1 }],
      ["DELETE", "notes/Start.md", undefined],
      ["POST", "rename", { from: "Start.md", to: "Begin.md" }],
      ["POST", "periodic/daily", { date: "2026-12-24" }],
    ] as const;
    for (const [method, path, body] of writes)
      expect(await ask(method, path, body)).toMatchObject({ status: 403, code: "vault_read_only" });
    expect(onDisk("Start.md")).toBe(before);
    expect(await read("Start.md")).toMatchObject({ text: before });
  });
});
