import { describe, expect, it } from "vitest";

import { embedderConformance } from "../../../test/embedder-conformance.ts";
import { startUseLiteEmbedder } from "./use-lite.ts";

const fail = (error: Error) => {
  throw error;
};

describe("the embedded model", () => {
  embedderConformance(() => startUseLiteEmbedder(fail));

  it("answers a query while documents wait, even the first ones", { timeout: 120_000 }, async () => {
    const embedder = await startUseLiteEmbedder(fail);
    const done: string[] = [];
    const many = Array.from({ length: 12 }, (_, i) => `${i} word`.repeat(20));
    for (const round of ["cold", "warm"]) {
      const documents = embedder.embed(many, "document").then(() => done.push(`documents, ${round}`));
      await embedder.embed(["question"], "query").then(() => done.push(`query, ${round}`));
      await documents;
    }
    await embedder.close();
    expect(done).toEqual(["query, cold", "documents, cold", "query, warm", "documents, warm"]);
  });

  it("stops with the signal, and goes on with the next text", async () => {
    const embedder = await startUseLiteEmbedder(fail);
    const many = Array.from({ length: 1_000 }, (_, i) => `text ${i}`);
    await expect(embedder.embed(many, "document", AbortSignal.timeout(1))).rejects.toThrow(/timeout/u);
    expect(await embedder.embed(["text"], "document")).toHaveLength(1);
    await embedder.close();
  });
});
