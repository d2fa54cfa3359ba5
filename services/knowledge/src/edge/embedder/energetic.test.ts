import { describe, expect, it } from "vitest";

import { embedderConformance } from "../../../test/embedder-conformance.ts";
import { startEnergeticEmbedder } from "./energetic.ts";

const fail = (error: Error) => {
  throw error;
};

describe("the embedded model", () => {
  embedderConformance(() => startEnergeticEmbedder(fail));

  it("answers a query before the documents that wait", async () => {
    const embedder = await startEnergeticEmbedder(() => undefined);
    const done: string[] = [];
    const document = async (name: string) => {
      await embedder.embed([`${name} word`.repeat(10)], "document");
      done.push(name);
    };
    const documents = [document("first"), document("second"), document("third")];
    const query = embedder.embed(["question"], "query").then(() => done.push("query"));
    await Promise.all([...documents, query]);
    await embedder.close();
    expect(done).toEqual(["first", "query", "second", "third"]);
  });
});
