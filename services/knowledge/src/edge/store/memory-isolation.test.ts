import { beforeEach, expect, test } from "vitest";

import { count } from "../../../test/folder.ts";
import { adder, codeOf, memoryDatabase, nowMs } from "../../../test/memory-rig.ts";
import { exportMemories } from "./memory-import.ts";
import { putMemoryVectors, unembeddedMemories } from "./memory-vectors.ts";
import { recentMemories, searchMemories } from "./memories-read.ts";
import { forgetMemory } from "./memories-write.ts";
import type { Db } from "./open.ts";
import { embeddingModel } from "./vectors.ts";

let db: Db;

beforeEach(() => {
  db = memoryDatabase();
  return () => void db.close();
});

const add = adder(() => db);

test(
  "A9, E3: of 4 owners with 1,000 memories each, 10,000 random reads see none of another's",
  { timeout: 180_000 },
  () => {
    const owners = ["ann", "bob", "cat", "dan"];
    const words = ["tea", "coffee", "train", "blue", "cat", "Graz", "Linz", "Monday"];
    const modelId = embeddingModel(db, { fingerprint: "m", dimensions: 2, nowMs });
    const unit = Float32Array.of(1, 0);
    db.transaction(() => {
      for (const owner of owners)
        for (let i = 0; i < 1_000; i += 1)
          add(
            `${owner} ${words[i % 8]} ${words[(i >> 3) % 8]} ${i}`,
            { namespace: i % 3 === 0 ? "n" : "" },
            owner,
          );
      putMemoryVectors(db, {
        modelId,
        vectors: unembeddedMemories(db, { modelId, limit: 4_000 })
          .filter((m) => m.memoryId % 10 === 0)
          .map((m) => ({ ...m, unit })),
      });
    })();
    const ids = new Map(
      owners.map((owner) => [
        owner,
        recentMemories(db, { owner, limit: 1_000, asOfMs: nowMs }).map((m) => m.id),
      ]),
    );
    let foreign = 0;
    let seen = 0;
    let at = 1;
    const random = (n: number) => (at = (at * 48_271) % 2_147_483_647) % n;
    for (let read = 0; read < 10_000; read += 1) {
      const owner = owners[random(4)] ?? "";
      const other = owners[random(4)] ?? "";
      const common = {
        owner,
        limit: 1 + random(20),
        asOfMs: nowMs,
        nowMs,
        ...(random(2) === 0 ? { namespace: "n" } : {}),
      };
      const kind = random(10);
      const rows =
        kind < 5
          ? searchMemories(db, {
              ...common,
              query: `${other} ${random(1_000)}`,
              vector: kind === 0 ? { modelId, unit } : undefined,
            })
          : kind < 8
            ? recentMemories(db, common)
            : exportMemories(db, { owner, after: random(4_000), limit: 20 })
                .lines.trim()
                .split("\n")
                .filter(Boolean)
                .map((l) => JSON.parse(l) as { content: string });
      seen += rows.length;
      foreign += rows.filter((m) => !m.content.startsWith(owner)).length;
      if (owner !== other && read % 10 === 0) {
        const id = ids.get(other)?.[random(1_000)] ?? "";
        expect(codeOf(() => forgetMemory(db, { owner, id }))).toBe("not_found");
        expect(codeOf(() => recentMemories(db, { ...common, before: id }))).toBe("not_found");
      }
    }
    expect(foreign).toBe(0);
    expect(seen).toBeGreaterThan(20_000);
    expect(count(db, "memories")).toBe(4_000);
  },
);
