import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { SearchAnswer } from "@benchai/contract/rag";
import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { KnowledgeConfig } from "../src/edge/config.ts";
import { type RunningKnowledge, startKnowledge } from "../src/knowledge.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { lastingFolder } from "./folder.ts";
import { RestVaultStub } from "./rest-vault-stub.ts";
import { makeCertificate } from "./self-signed.ts";

const apiKey = "s3cret-k3y-0123456789";
const certificate = makeCertificate();

describe("an Obsidian vault behind the Local REST API", { timeout: 60_000 }, () => {
  const home = lastingFolder();
  const remote = join(home, "remote");
  let stub: RestVaultStub;
  let service: RunningKnowledge;

  beforeAll(async () => {
    for (const folder of ["remote/deep", "documents"]) mkdirSync(join(home, folder), { recursive: true });
    writeFileSync(join(remote, "Start.md"), "sourdough, see [[Bread]]\n");
    writeFileSync(join(remote, "deep/Bread.md"), "# Bread\n");
    writeFileSync(join(remote, "photo.png"), "bytes");
    writeFileSync(join(home, "key"), `${apiKey}\n`);
    stub = new RestVaultStub({ root: remote, version: "6.0.0", apiKey, certificate });
    const config = readConfig(KnowledgeConfig, {
      PORT: "0",
      DATA_DIR: join(home, "data"),
      DOCUMENTS_ROOT: join(home, "documents"),
      OBSIDIAN_REST_URL: await stub.start(),
      OBSIDIAN_REST_API_KEY_FILE: join(home, "key"),
      OBSIDIAN_REST_CERTIFICATE: certificate.sha256,
      OBSIDIAN_REST_POLL_S: "1",
      OBSIDIAN_ACCESS: "rw",
      VALKEY_HOST: "127.0.0.1",
      VALKEY_PORT: "1",
      ROUTER_URL: "http://127.0.0.1:1",
      EMBED_MODEL: "none",
      BACKUP_EVERY_H: "0",
    });
    service = await startKnowledge(config, createLogger("knowledge", "fatal"), (error) => {
      throw error;
    });
  }, 60_000);
  afterAll(async () => {
    await service.close();
    await stub.stop();
  });

  async function ask<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${service.port}${path}`, {
      method,
      headers: body ? { "content-type": "application/json" } : {},
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await response.json()) as T;
  }
  const found = async (query: string) => {
    const { results } = await ask<SearchAnswer>("POST", "/v1/obsidian/search", { query, mode: "lexical" });
    return results.map((hit) => hit.source);
  };

  it("is found like one that is mounted, with its links and attachments", async () => {
    await eventually("it is indexed", async () => (await found("sourdough")).includes("Start.md"));
    expect(await ask("GET", "/v1/obsidian/status")).toMatchObject({
      available: true,
      kind: "rest",
      notes: 2,
      files: 3,
    });
    expect(await ask("GET", "/v1/obsidian/notes/Start.md")).toMatchObject({
      links: [{ text: "Bread", to: "deep/Bread.md" }],
    });
  });

  it("is written through the plugin, and what is written is found", async () => {
    await ask("PUT", "/v1/obsidian/notes/New.md", { text: "pumpernickel [[Bread]]" });
    expect(readFileSync(join(remote, "New.md"), "utf8")).toBe("pumpernickel [[Bread]]");
    await eventually("it is found", async () => (await found("pumpernickel")).includes("New.md"));
    const renamed = await ask<{ updated: string[] }>("POST", "/v1/obsidian/rename", {
      from: "deep/Bread.md",
      to: "deep/Loaf.md",
    });
    expect(new Set(renamed.updated)).toEqual(new Set(["New.md", "Start.md"]));
    expect(readFileSync(join(remote, "Start.md"), "utf8")).toBe("sourdough, see [[Loaf]]\n");
  });

  it("is looked at for what others change, add and delete there", async () => {
    writeFileSync(join(remote, "Start.md"), "rye now, and nothing of the kind\n");
    rmSync(join(remote, "New.md"));
    await eventually("the edit is found", async () => (await found("rye")).includes("Start.md"));
    await eventually("the deletion is seen", async () => (await found("pumpernickel")).length === 0);
  });

  it("stays found while the plugin is away, and health says so", async () => {
    await stub.stop();
    await eventually("health knows", async () => {
      const { features, reasons } = await ask<{ features: { obsidian: boolean }; reasons: string[] }>(
        "GET",
        "/readyz",
      );
      return !features.obsidian && reasons.some((reason) => reason.startsWith("the Obsidian vault is away"));
    });
    expect(await found("rye")).toEqual(["Start.md"]);
    expect(await ask("GET", "/v1/obsidian/notes/Start.md")).toMatchObject({
      error: { code: "storage_unavailable" },
    });
  });
});
