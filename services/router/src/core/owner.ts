import { defaultOwner } from "@benchai/contract/enrichment";
import type { Snapshot } from "@benchai/contract/models";

import type { HeaderFields } from "./header-fields.ts";

/** Owners by the SHA-256 of each of their keys, in hex. */
export type Owners = ReadonlyMap<string, string>;

const none: readonly string[] = [];

export function buildOwners({ owners = [] }: Pick<Snapshot, "owners">): Owners {
  return new Map(owners.flatMap(({ name, keys }) => keys.map((key) => [key, name] as const)));
}

/** What a request says it may be known by: the OpenAI way first, then the Anthropic one. Secrets: never to be logged. */
export function credentialsOf(headers: HeaderFields): readonly string[] {
  const { authorization, "x-api-key": key } = headers;
  if (authorization === undefined && key === undefined) return none;
  const bearer = typeof authorization === "string" ? /^bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
  return [bearer, key].filter((value) => typeof value === "string").filter((value) => value !== "");
}

/**
 * Whose request this is; the machine's owner's when no key says otherwise. Looked up by hash: how long a look-up in a
 * map takes depends on the hash, of which a guesser can choose no part without knowing a key that makes it, so time
 * tells nothing that leads to a key.
 */
export function ownerOf(
  credentials: readonly string[],
  owners: Owners,
  sha256Hex: (text: string) => string,
): string {
  if (owners.size === 0) return defaultOwner;
  for (const credential of credentials) {
    const owner = owners.get(sha256Hex(credential));
    if (owner !== undefined) return owner;
  }
  return defaultOwner;
}
