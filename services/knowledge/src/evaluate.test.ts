import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeEach, describe, expect, it } from "vitest";

import { readConfig } from "@benchai/kernel/config";

import { temporaryFolder } from "../test/folder.ts";
import { plainCollection } from "../test/plain-chunks.ts";
import { embeddedText } from "./core/embedded-text.ts";
import { KnowledgeConfig } from "./edge/config.ts";
import { everyVector } from "./edge/embedder/embedder.ts";
import { startUseLiteEmbedder } from "./edge/embedder/use-lite.ts";
import { type Db, openWriter } from "./edge/store/open.ts";
import { embeddingModel, putVectors, unembeddedChunks } from "./edge/store/vectors.ts";
import { type EvalOptions, evaluate } from "./evaluate.ts";

const config = readConfig(KnowledgeConfig, {});
const notes = {
  "boiler.md": "The boiler in the cellar is serviced every August by the engineer from Linz.",
  "garden.md": "Tomatoes and beans stand in the raised bed behind the garden shed.",
  "piano.md": "The piano tuner comes in spring; the damper pedal squeaks since winter.",
  "car.md": "Winter tyres for the car are stored in the garage of the neighbour.",
};

async function embedAll(db: Db): Promise<void> {
  const embedder = await startUseLiteEmbedder(() => undefined);
  const { fingerprint, dimensions } = embedder;
  const modelId = embeddingModel(db, { fingerprint, dimensions, nowMs: 0 });
  const chunks = unembeddedChunks(db, { modelId, limit: 100 });
  const units = await everyVector(embedder, chunks.map(embeddedText), "document");
  const vectors = chunks.map((chunk, i) => ({ ...chunk, unit: units[i] ?? new Float32Array() }));
  putVectors(db, { modelId, vectors });
  await embedder.close();
}

/** A database with ann's notes in two collections, with vectors if wanted, and one note of bob's. */
async function database(hasVectors = false): Promise<string> {
  const path = join(temporaryFolder(), "knowledge.db");
  const db = openWriter(path);
  const ann = plainCollection(db, "ann");
  for (const [name, text] of Object.entries(notes)) ann.add({ path: name, text });
  plainCollection(db, "ann", "empty");
  plainCollection(db, "bob").add({
    path: "secret.md",
    text: "Nobody knows the hidden vault password place.",
  });
  if (hasVectors) await embedAll(db);
  db.close();
  return path;
}

const options: EvalOptions = { owner: "ann", collection: undefined, given: undefined, isVerbose: false };
const run = async (path: string, change: Partial<EvalOptions> = {}) =>
  (await evaluate(config, path, { ...options, ...change })).join("\n");

describe("an evaluation", { timeout: 60_000 }, () => {
  it("asks for the owner's own passages by words, by the model and by both, and writes nothing", async () => {
    const path = await database(true);
    const hash = () => createHash("sha256").update(readFileSync(path)).digest("hex");
    const before = hash();
    const report = await run(path, { isVerbose: true });
    expect(report).toMatch(/^4 questions made of your documents.*easier than real ones/u);
    expect(report).toContain("model: energetic/use-lite-en");
    expect(report).toMatch(/^words +1\.000 ± 0\.000 +1\.000 +1\.000 +[\d.]+ +[\d.]+$/mu);
    expect(report).toMatch(/^model +0\.\d{3} ± |^model +1\.000 ± /mu);
    expect(report).toMatch(/^both +1\.000/mu);
    expect(report).toContain("every question found its document first, by both");
    expect(report).not.toContain("secret.md");
    expect(hash()).toBe(before);
    // But for times, the same again.
    const withoutTimes = (text: string) => text.replaceAll(/ +[\d.]+ +[\d.]+$/gmu, "");
    expect(withoutTimes(await run(path, { isVerbose: true }))).toBe(withoutTimes(report));
  });

  it("asks the owner's questions, and says which name a document that is not there", async () => {
    const given = [
      { question: "when is the boiler serviced", path: "boiler.md" },
      { question: "tyres", path: "piano.md" },
      { question: "vault", path: "secret.md" },
    ].map((line) => JSON.stringify(line));
    const report = await run(await database(), { given: given.join("\n"), isVerbose: true });
    expect(report).toContain("2 of your questions\nleft out, as these documents are not there: secret.md\n");
    expect(report).toContain("by words alone: there are no vectors yet");
    expect(report).toMatch(/^words +0\.500 ± 0\.354/mu);
    expect(report).not.toMatch(/^(?:model|both) /mu);
    expect(report).toContain("  0.00  tyres  wanted piano.md  found car.md");
  });

  it("goes by words alone when the embedding model cannot be reached", async () => {
    const away = { ...config, EMBED_MODEL: "away", ROUTER_URL: "http://127.0.0.1:1" };
    const report = (await evaluate(away, await database(true), options)).join("\n");
    expect(report).toMatch(/^by words alone: the embedding model failed: .*away/mu);
  });

  describe("is refused", () => {
    let path: string;
    beforeEach(async () => {
      path = await database();
    });
    it.each<[string, Partial<EvalOptions>, RegExp]>([
      ["where nothing is to be found", { collection: "empty" }, /nothing to search: empty/u],
      ["for an owner without documents", { owner: "cid" }, /nothing to search: cid/u],
      ["for a collection of somebody else", { owner: "bob", collection: "empty" }, /no collection "empty"/u],
      ["when no document of the questions is there", { given: '{"question":"a","path":"x"}' }, /x is not/u],
      ["when the questions are none", { given: "when?" }, /^line 1 of the questions/u],
    ])("%s", async (_what, change, why) => {
      await expect(run(path, change)).rejects.toThrow(why);
    });

    it("where there is no database, or one of another version", async () => {
      await expect(run(join(temporaryFolder(), "none.db"))).rejects.toMatchObject({ code: "not_found" });
      const older = await database();
      const db = openWriter(older);
      db.pragma("user_version = 99");
      db.close();
      await expect(run(older)).rejects.toThrow(/has version 99 .*\.\/benchai up/u);
    });
  });
});
