import { once } from "node:events";
import type { AddressInfo } from "node:net";
import tls from "node:tls";

import { AppError } from "@benchai/contract/errors";
import { describe, expect, it, onTestFinished } from "vitest";

import { temporaryFolder } from "../../../test/folder.ts";
import { RestVaultStub, type StubOptions } from "../../../test/rest-vault-stub.ts";
import { type Certificate, makeCertificate } from "../../../test/self-signed.ts";
import { RestClient } from "./rest-client.ts";
import { RestPlugin } from "./rest-plugin.ts";
import { restEndpoint } from "./rest-settings.ts";

const apiKey = "0123456789abcdef";

async function serve(certificate: Certificate, more: Partial<StubOptions> = {}, port = 0) {
  const stub = new RestVaultStub({ root: temporaryFolder(), version: "3.2.0", apiKey, certificate, ...more });
  const url = await stub.start(port);
  onTestFinished(() => stub.stop());
  return { stub, url };
}

function pluginAt(url: string, certificate: string): RestPlugin {
  const plugin = new RestPlugin(new RestClient(restEndpoint({ url, apiKey, certificate }), 5_000));
  onTestFinished(() => plugin.close());
  return plugin;
}

async function refusal(plugin: RestPlugin): Promise<AppError> {
  const error: unknown = await plugin.version().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: "storage_unavailable" });
  return error as AppError;
}

/** A TLS server that keeps every byte that it is sent. */
async function listening(certificate: Certificate, chain: readonly Certificate[] = []) {
  const seen: Buffer[] = [];
  const cert = [certificate, ...chain].map((one) => one.cert).join("");
  const server = tls.createServer({ key: certificate.key, cert }, (socket) => {
    socket.on("data", (chunk: Buffer) => seen.push(chunk));
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { seen, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe("a pinned certificate", () => {
  it("is known by its fingerprint, however that is spelled", async () => {
    const certificate = makeCertificate();
    const { url } = await serve(certificate);
    const plain = certificate.sha256.replaceAll(":", "").toLowerCase();
    for (const pin of [certificate.sha256, plain, `sha256:${plain}`, ` ${certificate.sha256}\n`])
      expect(await pluginAt(url, pin).version()).toBe("3.2.0");
  });

  it("is known by its PEM", async () => {
    const certificate = makeCertificate();
    const { url } = await serve(certificate);
    expect(await pluginAt(url, certificate.cert).version()).toBe("3.2.0");
  });

  it("is trusted for any host's name when it is presented itself", async () => {
    const certificate = makeCertificate({ names: ["vault.example"] });
    const { url } = await serve(certificate);
    expect(await pluginAt(url, certificate.sha256).version()).toBe("3.2.0");
    expect(await pluginAt(url, certificate.cert).version()).toBe("3.2.0");
  });

  it("may be the authority's, and then outlives the server's own", async () => {
    const authority = makeCertificate({ commonName: "CA", isAuthority: true });
    const first = await serve(makeCertificate({ issuer: authority }), { chain: [authority] });
    const [byPrint, byPem] = [pluginAt(first.url, authority.sha256), pluginAt(first.url, authority.cert)];
    expect(await Promise.all([byPrint.version(), byPem.version()])).toEqual(["3.2.0", "3.2.0"]);
    await first.stub.stop();
    const renewed = makeCertificate({ issuer: authority });
    await serve(renewed, { chain: [authority] }, Number(new URL(first.url).port));
    expect(await byPrint.version()).toBe("3.2.0");
    expect(await byPem.version()).toBe("3.2.0");
  });

  it("may be the server's own, though an authority signed it", async () => {
    const authority = makeCertificate({ commonName: "CA", isAuthority: true });
    const certificate = makeCertificate({ issuer: authority });
    const { url } = await serve(certificate, { chain: [authority] });
    expect(await pluginAt(url, certificate.sha256).version()).toBe("3.2.0");
    expect(await pluginAt(url, certificate.cert).version()).toBe("3.2.0");
  });

  it("that is another one than the server's is refused before a byte is sent, and both are shown", async () => {
    const [theirs, ours] = [makeCertificate(), makeCertificate()];
    for (const pin of [ours.sha256, ours.cert]) {
      const { seen, url } = await listening(theirs);
      const { message } = await refusal(pluginAt(url, pin));
      expect(message).toContain(theirs.sha256);
      expect(message).toContain(ours.sha256);
      expect(message).toContain("OBSIDIAN_REST_CERTIFICATE");
      expect(Buffer.concat(seen).toString()).toBe("");
    }
  });

  it("changes, and the server is spoken to no more", async () => {
    const [before, after] = [makeCertificate(), makeCertificate()];
    const { stub, url } = await serve(before);
    const plugin = pluginAt(url, before.sha256);
    expect(await plugin.version()).toBe("3.2.0");
    await stub.stop();
    const next = await serve(after, {}, Number(new URL(url).port));
    const { message } = await refusal(plugin);
    expect(message).toContain(before.sha256);
    expect(message).toContain(after.sha256);
    expect(next.stub.requests).toEqual([]);
  });

  it("of an authority does not help a server that only shows it", async () => {
    const authority = makeCertificate({ commonName: "CA", isAuthority: true });
    const rogue = makeCertificate({ commonName: "CA", isAuthority: true });
    const forged = makeCertificate({ issuer: rogue });
    for (const pin of [authority.sha256, authority.cert]) {
      const { seen, url } = await listening(forged, [authority]);
      await refusal(pluginAt(url, pin));
      expect(Buffer.concat(seen).toString()).toBe("");
    }
  });

  it("of an authority is no trust in its other servers: the name must be right", async () => {
    const authority = makeCertificate({ commonName: "CA", isAuthority: true });
    const other = makeCertificate({ issuer: authority, names: ["other.example"] });
    for (const pin of [authority.sha256, authority.cert]) {
      const { seen, url } = await listening(other, [authority]);
      expect((await refusal(pluginAt(url, pin))).message).toMatch(/not for 127\.0\.0\.1; add .*names/u);
      expect(Buffer.concat(seen).toString()).toBe("");
    }
  });

  it.each([
    ["has expired", { notAfter: new Date(Date.now() - 3_600_000) }],
    ["is not valid yet", { notBefore: new Date(Date.now() + 3_600_000) }],
  ])("that %s is refused, though it is the right one", async (problem, dates) => {
    const certificate = makeCertificate(dates);
    for (const pin of [certificate.sha256, certificate.cert]) {
      const { seen, url } = await listening(certificate);
      expect((await refusal(pluginAt(url, pin))).message).toContain(problem);
      expect(Buffer.concat(seen).toString()).toBe("");
    }
  });
});

describe("the settings of a vault on another machine", () => {
  const settings = { apiKey, certificate: makeCertificate().sha256, isWritable: false };

  it.each([
    "http://192.168.1.5:27123",
    "http://vault.example",
    "http://0.0.0.0:1",
    "http://localhost.example",
  ])("refuse plain http to %s", (url) => {
    expect(() => restEndpoint({ ...settings, url })).toThrow(/plain http.*use https/u);
  });

  it.each(["http://127.0.0.1:27123", "http://127.1.2.3", "http://localhost:1", "http://[::1]:27123"])(
    "take plain http to this machine, %s",
    (url) => {
      expect(restEndpoint({ ...settings, url, certificate: "" }).pin).toBeUndefined();
    },
  );

  it.each(["", "vault", "ftp://x", "https://key@host", "https://host/?a", "https://host/#a", "file:///etc"])(
    "refuse the URL %j",
    (url) => {
      expect(() => restEndpoint({ ...settings, url })).toThrow(/^OBSIDIAN_REST_URL /u);
    },
  );

  it.each(["", "abc", "AB:CD", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])(
    "refuse the certificate %j",
    (certificate) => {
      const url = "https://192.168.1.5:27124";
      expect(() => restEndpoint({ ...settings, url, certificate })).toThrow(/^OBSIDIAN_REST_CERTIFICATE /u);
    },
  );

  it("refuse a key that no header can carry, and do not show it", () => {
    for (const key of ["", "with space", "line\nend", "kéy"]) {
      const url = "https://192.168.1.5:27124";
      const check = () => restEndpoint({ ...settings, url, apiKey: key });
      expect(check).toThrow(
        /^OBSIDIAN_REST_API_KEY is empty or has characters that no key has; copy it from/u,
      );
    }
  });

  it("keep what a proxy adds to the path, and every host as it is", () => {
    const { origin, basePath, host, port } = restEndpoint({
      ...settings,
      url: "https://[fd00::1]/obsidian/",
    });
    expect({ origin, basePath, host, port }).toEqual({
      origin: "https://[fd00::1]",
      basePath: "/obsidian",
      host: "fd00::1",
      port: 443,
    });
  });
});
