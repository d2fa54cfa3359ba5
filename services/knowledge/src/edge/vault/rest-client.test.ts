import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { inspect } from "node:util";

import { AppError } from "@benchai/contract/errors";
import { describe, expect, it, onTestFinished } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { type Fault, RestVaultStub, type StubOptions } from "../../../test/rest-vault-stub.ts";
import { makeCertificate } from "../../../test/self-signed.ts";
import { RestClient } from "./rest-client.ts";
import { RestPlugin } from "./rest-plugin.ts";
import { restEndpoint } from "./rest-settings.ts";

const apiKey = "s3cret-k3y-0123456789";
const certificate = makeCertificate();

function pluginAt(url: string, key = apiKey, deadlineMs = 5_000): RestPlugin {
  const settings = { url, apiKey: key, certificate: certificate.sha256, isWritable: false };
  const plugin = new RestPlugin(new RestClient(restEndpoint(settings), deadlineMs));
  onTestFinished(() => plugin.close());
  return plugin;
}

async function start(options: Partial<StubOptions> = {}) {
  const stub = new RestVaultStub({
    root: temporaryFolder(),
    version: "3.2.0",
    apiKey,
    certificate,
    ...options,
  });
  const url = await stub.start();
  onTestFinished(() => stub.stop());
  return { stub, url };
}

/** What a call fails with; nothing of it, causes included, may show the key. */
async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AppError);
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey);
  return error as AppError;
}

describe("the client of a vault on another machine", () => {
  it.each<[Fault["kind"], string, RegExp]>([
    ["error", "storage_unavailable", /answers with 500/u],
    ["disk-full", "storage_full", /disk .* full/u],
    ["cut", "storage_unavailable", /Obsidian must run/u],
    ["half", "storage_unavailable", /not available/u],
    ["redirect", "storage_unavailable", /redirect, which is not followed/u],
    ["endless", "storage_unavailable", /more than 67108864 bytes/u],
  ])("answers %s with %s", async (kind, code, message) => {
    const { stub, url } = await start();
    stub.faults.push({ kind, on: "GET /vault/a.md" });
    const error = await failureOf(pluginAt(url).get("a.md"));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(url);
  });

  it("waits no longer than its deadline, for the first byte or the last one", { tags: "clock" }, async () => {
    const { stub, url } = await start();
    stub.faults.push({ kind: "hang", on: "GET /vault/a.md" });
    const begun = performance.now();
    expect((await failureOf(pluginAt(url, apiKey, 300).get("a.md"))).message).toMatch(/not answer in time/u);
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it("waits no longer than its deadline for a server that says nothing at all", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined)).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await failureOf(pluginAt(url, apiKey, 300).version());
    expect(error.message).toMatch(/not answer in time/u);
  });

  it("says when nobody listens, and when it is not TLS that answers", async () => {
    const { stub, url } = await start({ certificate: undefined });
    const wrong = await failureOf(pluginAt(url.replace("http:", "https:")).version());
    expect(wrong).toMatchObject({ code: "storage_unavailable" });
    await stub.stop();
    const refused = await failureOf(pluginAt(url.replace("http:", "https:")).version());
    expect(refused.message).toMatch(/ECONNREFUSED.*Obsidian must run/u);
  });

  it("names the setting when the key is refused, on the greeting as well", async () => {
    const { url } = await start();
    const plugin = pluginAt(url, "wrong-key");
    for (const error of [await failureOf(plugin.version()), await failureOf(plugin.get("a.md"))]) {
      expect(error.code).toBe("storage_unavailable");
      expect(error.message).toMatch(/refuses the API key; set OBSIDIAN_REST_API_KEY/u);
      expect(error.message).not.toContain("wrong-key");
    }
  });

  it("takes no other server for the plugin", async () => {
    const { stub, url } = await start();
    stub.faults.push({ kind: "garbage", on: "GET /" });
    expect((await failureOf(pluginAt(url).version())).message).toMatch(/is not Obsidian's Local REST API/u);
  });

  it("follows no redirect: the key goes nowhere else", async () => {
    const { stub, url } = await start();
    const elsewhere = await start();
    stub.redirectTo = `${elsewhere.url}/vault/a.md`;
    stub.faults.push({ kind: "redirect", on: "GET /vault/" });
    await failureOf(pluginAt(url).get("a.md"));
    expect(elsewhere.stub.requests).toEqual([]);
  });

  it("sends the key with every request and an empty body as one that is there", async () => {
    const { stub, url } = await start();
    const plugin = pluginAt(url);
    await plugin.put("empty.md", new Uint8Array(), { kind: "none" });
    expect((await plugin.get("empty.md"))?.bytes.toString()).toBe("");
    expect(stub.headers.map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 2 }, () => `Bearer ${apiKey}`),
    );
  });

  it("speaks plain HTTP to this machine", async () => {
    const { url } = await start({ certificate: undefined });
    expect(await pluginAt(url).version()).toBe("3.2.0");
  });

  it("ends when its caller does, with the caller's reason", async () => {
    const { stub, url } = await start();
    stub.faults.push({ kind: "hang", on: "GET /vault/" });
    const left = new AbortController();
    const listing = pluginAt(url).names("", left.signal);
    stub.before = () => left.abort(new Error("the caller left"));
    await expect(listing).rejects.toThrow("the caller left");
  });

  it("does not take a folder for a file", async () => {
    for (const version of ["3.2.0", "6.0.0"]) {
      const { url } = await start({ version });
      const plugin = pluginAt(url);
      await plugin.put("folder.md/note.md", Buffer.from("x"), { kind: "none" });
      const got = await plugin.get("folder.md").catch((error: unknown) => error);
      expect(got === undefined || (got instanceof AppError && got.code === "invalid_request")).toBe(true);
      const put = await failureOf(plugin.put("folder.md", Buffer.from("x"), { kind: "none" }));
      expect(put.code).toBe("storage_unavailable");
    }
  });
});
