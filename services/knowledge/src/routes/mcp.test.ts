import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ownerHeader } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";
import type { MemoryView } from "@benchai/contract/memory";
import { createApp } from "@benchai/kernel/app";
import { createLogger } from "@benchai/kernel/log";

import { knowledgeTools, type ToolSources } from "../mcp-tools.ts";
import { mcpRoutes } from "./mcp.ts";

const memory: MemoryView = {
  id: "mem_1",
  content: "Likes tea",
  category: "preference",
  importance: 0.5,
  namespace: "",
  pinned: false,
  provenance: {},
  created_at: "2026-01-02T00:00:00.000Z",
  updated_at: "2026-01-02T00:00:00.000Z",
  valid_from: "2026-01-02T00:00:00.000Z",
  access_count: 0,
};

/** Sources that remember who asked for what. */
function recordingSources(asked: unknown[][]): ToolSources {
  const text = Array.from({ length: 1_000 }, (_, i) => `line ${i + 1}`).join("\n");
  return {
    search: async (...args) => {
      asked.push(args);
      return {
        results: [],
        legs: { lexical: true, dense: false, rerank: false, notes: ["no vectors yet"] },
        took_ms: 1,
      };
    },
    readDocument: async (owner, id) => {
      asked.push([owner, id]);
      if (id === "doc_other") throw new AppError("not_found", "there is no document doc_other");
      if (id === "doc_bug") throw new TypeError("secret insides");
      return text;
    },
    listCollections: async () => [],
    searchMemory: async () => [{ ...memory, relevance: 1 }],
    addMemory: async (...args) => {
      asked.push(args);
      return { status: "ok", message: "Memory saved", outcome: "added", memory };
    },
    forgetMemory: async (...args) => void asked.push(args),
  };
}

describe("the MCP server, asked by the official client", () => {
  const asked: unknown[][] = [];
  let client: Client;
  let close: () => Promise<void>;

  beforeEach(async () => {
    asked.length = 0;
    const app = createApp({ log: createLogger("test", "silent"), bodyLimitBytes: 1_000_000 });
    mcpRoutes(app, knowledgeTools(recordingSources(asked)));
    const base = await app.listen({ port: 0, host: "127.0.0.1" });
    client = new Client({ name: "test", version: "1" });
    const headers = { [ownerHeader]: "ann" };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${base}/mcp`), { requestInit: { headers } }),
    );
    close = async () => {
      await client.close();
      await app.close();
    };
  });
  afterEach(() => close());

  const call = async (name: string, args: Record<string, unknown>) => {
    const { content, isError } = await client.callTool({ name, arguments: args });
    const [first] = content as { text: string }[];
    return { text: first?.text ?? "", isError: isError === true };
  };

  it("lists tools with their schemas, and says which of them change something", async () => {
    const { tools } = await client.listTools();
    expect(tools.map((t) => [t.name, t.annotations?.readOnlyHint])).toEqual([
      ["search_documents", true],
      ["read_document", true],
      ["list_collections", true],
      ["search_memory", true],
      ["remember", false],
      ["forget_memory", false],
    ]);
    expect(tools[0]?.inputSchema.required).toEqual(["query"]);
  });

  it("searches for the owner that the router named, and passes on what was left out", async () => {
    const { text } = await call("search_documents", { query: "tea", path: "*.md" });
    expect(asked).toEqual([["ann", { query: "tea", k: 8, filter: { path: "*.md" } }]]);
    expect(text).toBe("nothing found\n(no vectors yet)");
  });

  it("reads a document by lines, a bounded number of them", async () => {
    expect((await call("read_document", { document_id: "doc_1", start_line: 3, end_line: 4 })).text).toBe(
      "lines 3-4 of 1000\n3\tline 3\n4\tline 4",
    );
    expect((await call("read_document", { document_id: "doc_1" })).text).toMatch(/^lines 1-400 of 1000\n/u);
  });

  it("remembers with its provenance, and forgets", async () => {
    expect((await call("remember", { content: "Likes tea" })).text).toBe("added: mem_1");
    expect((await call("forget_memory", { id: "mem_1" })).text).toBe("forgotten: mem_1");
    expect(asked).toEqual([
      ["ann", { content: "Likes tea", provenance: { source: "mcp" } }],
      ["ann", "mem_1"],
    ]);
  });

  it("answers wrong arguments and foreign ids so that an agent can mend them, and tells nothing of its insides", async () => {
    expect(await call("search_documents", { query: 7 })).toMatchObject({ isError: true });
    expect(await call("no_such_tool", {})).toEqual({ text: "there is no tool no_such_tool", isError: true });
    expect(await call("read_document", { document_id: "doc_other" })).toEqual({
      text: "there is no document doc_other",
      isError: true,
    });
    expect((await call("read_document", { document_id: "doc_bug" })).text).not.toContain("secret");
  });
});
