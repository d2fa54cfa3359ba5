import { beforeEach, describe, expect, it } from "vitest";

import { AppError } from "@benchai/contract/errors";
import type { SearchRequest } from "@benchai/contract/rag";

import type { StoredHit } from "./edge/store/hits.ts";
import { type LegHit, search, type SearchPorts } from "./search.ts";

const scope = { ownerId: 1, collectionIds: [1] };
const unit = new Float32Array([1, 0]);
const leg = (...chunkIds: number[]): LegHit[] => chunkIds.map((chunkId, i) => ({ chunkId, score: 10 - i }));

function stored(chunkId: number): StoredHit {
  const path = `${chunkId}.md`;
  const reference = `${path}#L1-L1`;
  return {
    chunkId,
    content: `text ${chunkId}`,
    citation: {
      reference,
      collection: "c",
      document_id: `doc_${chunkId}`,
      path,
      title: "t",
      heading_path: [],
      start_line: 1,
      end_line: 1,
      sha256: "00",
    },
  };
}

/** Legs that find fixed chunks; fusion puts the dense leg behind the lexical one. */
const ports: SearchPorts = {
  scope: async () => scope,
  lexical: async () => leg(1, 2, 3),
  dense: async () => leg(3, 4),
  cosines: async () => new Map(),
  denseProblem: () => undefined,
  embedQuery: async () => unit,
  fuse: ({ lexical, dense }) => leg(...new Set([...lexical, ...dense].map((h) => h.chunkId))),
  hits: async ({ chunkIds }) => chunkIds.map(stored),
  rerank: undefined,
};

const limits = { embedMs: 50, rerankMs: 50 };
const ask = (request: Partial<SearchRequest>, other: Partial<SearchPorts> = {}) =>
  search({ ...ports, ...other }, limits, "ann", { query: "tea", ...request });
const sources = (answer: Awaited<ReturnType<typeof ask>>) => answer.results.map((r) => r.source);

/** A call that only ends when it is told to. */
const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

describe("a search", () => {
  it("asks both legs and gives what fusion made of them", async () => {
    const answer = await ask({});
    expect(sources(answer)).toEqual(["1.md", "2.md", "3.md", "4.md"]);
    expect(answer.legs).toEqual({ lexical: true, dense: true, rerank: false, notes: [] });
  });

  it("asks one leg alone when told to", async () => {
    expect(sources(await ask({ mode: "lexical" }))).toEqual(["1.md", "2.md", "3.md"]);
    expect(sources(await ask({ mode: "dense" }))).toEqual(["3.md", "4.md"]);
  });

  it("fuses with the cosines of all hits, and asks for those alone that the dense leg has not told", async () => {
    const asked: (readonly number[])[] = [];
    const fused: ReadonlyMap<number, number>[] = [];
    await ask(
      {},
      {
        cosines: async ({ chunkIds }) => {
          asked.push(chunkIds);
          return new Map([[1, 0.5]]);
        },
        fuse: ({ cosines }) => {
          fused.push(cosines);
          return [];
        },
      },
    );
    expect(asked).toEqual([[1, 2]]);
    expect(fused).toEqual([new Map(leg(3, 4).map((h) => [h.chunkId, h.score])).set(1, 0.5)]);
  });

  it("searches the vectors while the words are searched", async () => {
    const { promise: lexical, resolve } = Promise.withResolvers<ReturnType<typeof leg>>();
    const dense: SearchPorts["dense"] = async () => {
      resolve(leg(1));
      return leg(2);
    };
    expect(sources(await ask({}, { lexical: () => lexical, dense }))).toEqual(["1.md", "2.md"]);
  });

  it("gives k results, and explains where each stood", async () => {
    const { results } = await ask({ k: 3, explain: true });
    expect(results.map((r) => r.explain)).toEqual([
      { lexical: { rank: 1, score: 10 } },
      { lexical: { rank: 2, score: 9 } },
      { lexical: { rank: 3, score: 8 }, dense: { rank: 1, score: 10 } },
    ]);
  });

  it("leaves out what has been deleted since a leg found it", async () => {
    const hits: SearchPorts["hits"] = async ({ chunkIds }) => chunkIds.filter((id) => id !== 2).map(stored);
    expect(sources(await ask({}, { hits }))).toEqual(["1.md", "3.md", "4.md"]);
  });

  it.each([
    ["there are no vectors", { denseProblem: () => "no vectors yet" }, "dense: no vectors yet"],
    ["the model is down", { embedQuery: () => Promise.reject(new Error("refused")) }, "dense: refused"],
    [
      "the model is slow",
      { embedQuery: (_q: string, signal: AbortSignal) => never(signal) },
      "dense: no answer in time",
    ],
  ])("goes on by words alone, and says so, when %s", async (_when, other, note) => {
    const answer = await ask({}, other);
    expect(sources(answer)).toEqual(["1.md", "2.md", "3.md"]);
    expect(answer.legs).toEqual({ lexical: true, dense: false, rerank: false, notes: [note] });
  });

  it("puts the reranker's order above the others' within its budget", async () => {
    const rerank: SearchPorts["rerank"] = async (_query, texts) => texts.map((text) => Number(text.slice(5)));
    const answer = await ask({ rerank: true, k: 2, explain: true }, { rerank });
    expect(sources(answer)).toEqual(["4.md", "3.md"]);
    expect(answer.results[0]?.explain).toEqual({
      dense: { rank: 2, score: 9 },
      rerank: { rank: 1, score: 4 },
    });
  });

  describe("with a reranker that does not take texts of any length", () => {
    const asked: (readonly [query: string, texts: readonly string[]])[] = [];
    beforeEach(() => void asked.splice(0));
    const long: SearchPorts["hits"] = async ({ chunkIds }) =>
      chunkIds.map((id) => ({ ...stored(id), content: `${id}${"😀".repeat(4_000)}` }));
    /** Takes so many characters of question and text, and gives each the number that it begins with. */
    const taking =
      (most: number): NonNullable<SearchPorts["rerank"]> =>
      async (query, texts, signal) => {
        asked.push([query, texts]);
        signal.throwIfAborted();
        if (texts.some((text) => query.length + text.length > most))
          throw new AppError("body_too_large", "too long");
        return texts.map((text) => Number.parseInt(text, 10));
      };

    it("sends no more of question and passage than is ever needed, and whole characters", async () => {
      const answer = await ask(
        { rerank: true, query: "tea ".repeat(4_000) },
        { hits: long, rerank: taking(2_400) },
      );
      expect(sources(answer)).toEqual(["4.md", "3.md", "2.md", "1.md"]);
      expect(answer.legs).toMatchObject({ rerank: true, notes: [] });
      expect(asked).toHaveLength(1);
      expect(asked[0]?.[0]).toHaveLength(600);
      expect(asked[0]?.[1].every((text) => text.isWellFormed())).toBe(true);
      expect(answer.results[0]?.content).toHaveLength(8_001);
    });

    it("asks once more with less, and says so", async () => {
      const answer = await ask({ rerank: true }, { hits: long, rerank: taking(1_000) });
      expect(sources(answer)).toEqual(["4.md", "3.md", "2.md", "1.md"]);
      expect(answer.legs).toMatchObject({
        rerank: true,
        notes: ["rerank: by the first 1000 characters of question and passage; the model takes no more"],
      });
      expect(asked).toHaveLength(2);
    });

    it("keeps the order it had when that is still too long, and says so", async () => {
      const answer = await ask({ rerank: true }, { hits: long, rerank: taking(10) });
      expect(sources(answer)).toEqual(["1.md", "2.md", "3.md", "4.md"]);
      expect(answer.legs).toMatchObject({
        rerank: false,
        notes: ["rerank: too long; the order is the one before"],
      });
      expect(asked).toHaveLength(2);
    });

    it("asks both times within one budget", async () => {
      const signals: AbortSignal[] = [];
      const rerank: SearchPorts["rerank"] = async (_query, _texts, signal) => {
        if (signals.push(signal) > 1) return never(signal);
        throw new AppError("body_too_large", "too long");
      };
      const answer = await ask({ rerank: true }, { hits: long, rerank });
      expect(new Set(signals).size).toBe(1);
      expect(signals).toHaveLength(2);
      expect(answer.legs.notes).toEqual(["rerank: no answer in time; the order is the one before"]);
    });

    it("does not ask again after another refusal", async () => {
      const rerank = () => {
        asked.push(["", []]);
        return Promise.reject(new AppError("upstream_failed", "with 503"));
      };
      const answer = await ask({ rerank: true }, { hits: long, rerank });
      expect(answer.legs.notes).toEqual(["rerank: with 503; the order is the one before"]);
      expect(asked).toHaveLength(1);
    });
  });

  it("keeps the order it had when the reranker is slow or absent, and says so", async () => {
    const slow = await ask({ rerank: true }, { rerank: (_query, _texts, signal) => never(signal) });
    expect(sources(slow)).toEqual(["1.md", "2.md", "3.md", "4.md"]);
    expect(slow.legs.notes).toEqual(["rerank: no answer in time; the order is the one before"]);
    expect((await ask({ rerank: true })).legs.notes).toEqual([
      "rerank: no reranker is configured (RERANK_MODEL)",
    ]);
  });
});
