import { describe, expect, it } from "vitest";

import type { MemoryHit } from "@benchai/contract/memory";
import type { SearchHit } from "@benchai/contract/rag";

import { enrich, type EnrichSources } from "./enrich.ts";

const hit: SearchHit = {
  content: "The boiler is serviced in May.",
  source: "house.md",
  score: 1,
  citation: {
    reference: "house.md#L4-L4",
    collection: "notes",
    document_id: "doc_1",
    path: "house.md",
    title: "House",
    heading_path: ["Boiler"],
    start_line: 4,
    end_line: 4,
    sha256: "00",
  },
};
const memory: MemoryHit = {
  id: "mem_1",
  content: "Lives in Graz.",
  category: "fact",
  importance: 0.5,
  namespace: "",
  pinned: false,
  provenance: {},
  created_at: "2026-01-02T00:00:00.000Z",
  updated_at: "2026-01-02T00:00:00.000Z",
  valid_from: "2026-01-02T00:00:00.000Z",
  access_count: 0,
  relevance: 1,
};

const both: EnrichSources = { relevantMemories: async () => [memory], relevantChunks: async () => [hit] };
const call = (request: object, budgetTokens = 1_000) => ({
  question: "When is the boiler serviced?",
  request,
  budgetTokens,
});

describe("enriching a chat", () => {
  it("gives memories, then passages, with a citation for each that found room", async () => {
    const answer = await enrich(both, "ann", call({ memory: true, rag: true }));
    expect(answer.block).toContain("[1] memory (fact, 2026-01-02)\nLives in Graz.");
    expect(answer.block).toContain("[2] house.md#L4-L4 (House > Boiler)\nThe boiler is serviced in May.");
    expect(answer.memories).toEqual([{ id: "mem_1", category: "fact", created_at: memory.created_at }]);
    expect(answer.citations).toEqual([hit.citation]);
  });

  it("asks only for what the request named", async () => {
    const asked: unknown[] = [];
    const sources: EnrichSources = {
      relevantMemories: async (...args) => (asked.push(args), []),
      relevantChunks: async (...args) => (asked.push(args), []),
    };
    await enrich(sources, "ann", call({}));
    await enrich(sources, "ann", call({ memory: false, rag: false }));
    expect(asked).toEqual([]);
    await enrich(
      sources,
      "ann",
      call({ memory: { namespace: "garden" }, rag: { collections: ["notes"], k: 2 } }),
    );
    expect(asked).toEqual([
      ["ann", "When is the boiler serviced?", "garden"],
      ["ann", "When is the boiler serviced?", ["notes"], 2],
    ]);
  });

  it("cites nothing that found no room, and says so", async () => {
    const answer = await enrich(both, "ann", call({ memory: true, rag: true, budget_tokens: 64 }));
    expect(answer).toMatchObject({ block: "", citations: [], memories: [] });
    expect(answer.notes).toEqual(["2 passages found no room in 64 tokens"]);
  });

  it("goes on with one source when the other fails", async () => {
    const sources: EnrichSources = {
      ...both,
      relevantChunks: async () => Promise.reject(new Error("no disk")),
    };
    const answer = await enrich(sources, "ann", call({ memory: true, rag: true }));
    expect(answer.memories).toHaveLength(1);
    expect(answer.notes).toEqual(["documents could not be searched: no disk"]);
  });
});
