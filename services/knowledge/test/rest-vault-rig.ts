import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { onTestFinished } from "vitest";

import { RestVault } from "../src/edge/vault/rest-vault.ts";
import type { RestVaultSettings } from "../src/edge/vault/rest-settings.ts";
import type { Condition } from "../src/edge/vault/vault.ts";
import { temporaryFolder } from "./folder.ts";
import { RestVaultStub } from "./rest-vault-stub.ts";
import { makeCertificate } from "./self-signed.ts";
import { filesBelow } from "./support/vault-folder.ts";
import { type OpenVault, sha256 } from "./support/vault-rig.ts";

export type RestRig = OpenVault & {
  readonly vault: RestVault;
  readonly stub: RestVaultStub;
  readonly root: string;
};

const apiKey = "s3cret-k3y-0123456789";
const certificate = makeCertificate();

/** A vault behind the stub of the plugin of some version, and the folder that it stands before. */
export async function openRestVault(
  version: string,
  settings: Partial<RestVaultSettings> = {},
): Promise<RestRig> {
  const root = temporaryFolder();
  const stub = new RestVaultStub({ root, version, apiKey, certificate });
  const url = await stub.start();
  const vault = new RestVault({
    url,
    apiKey,
    certificate: certificate.sha256,
    isWritable: true,
    maxNoteBytes: 16 * 1_048_576,
    deadlineMs: 10_000,
    ...settings,
  });
  return {
    vault,
    stub,
    root,
    async seed(files) {
      for (const [path, text] of Object.entries(files)) write(root, path, text);
    },
    async readRaw(path) {
      return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
    },
    async close() {
      await vault.close();
      await stub.stop();
    },
  };
}

/** A vault for one test, with files in it. */
export async function rig(
  version: string,
  files: Record<string, string> = {},
  settings: Partial<RestVaultSettings> = {},
): Promise<RestRig> {
  const opened = await openRestVault(version, settings);
  onTestFinished(() => opened.close());
  await opened.seed(files);
  return opened;
}

/** That the note is the one with this text. */
export function etag(text: string): Condition {
  return { kind: "match", etag: sha256(text) };
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Every file of the vault, hidden ones included, with its text. */
export function allFiles(root: string): Record<string, string> {
  return Object.fromEntries(filesBelow(root).map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** Writes as another program would, right before the plugin sees a request; once. */
export function writeBefore({ stub, root }: RestRig, request: string, path: string, text: string): void {
  stub.before = (name) => {
    if (!name.startsWith(request)) return;
    stub.before = () => undefined;
    write(root, path, text);
  };
}

/** The requests that may have changed something. */
export const writesOf = ({ stub }: RestRig) =>
  stub.requests.filter((name) => !/^(?:GET|POST \/search)/u.test(name));

/** One of each kind: `Heading` headers; `Target` headers; those only when asked for; tags that writes heed. */
export const versions = ["2.5.4", "3.2.0", "5.1.0", "6.0.0"] as const;
/** Those whose plugin heeds no tags. */
export const untagged = ["2.5.4", "3.2.0", "5.1.0"] as const;
