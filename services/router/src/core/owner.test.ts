import { createHash } from "node:crypto";

import { expect, test } from "vitest";

import { buildOwners, credentialsOf, ownerOf } from "./owner.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const owners = buildOwners({
  owners: [
    { name: "anna", keys: [sha256("key-a"), sha256("key-2")] },
    { name: "ben", keys: [sha256("key-b")] },
  ],
});
const owner = (headers: Record<string, string>) => ownerOf(credentialsOf(headers), owners, sha256);

test.each<[Record<string, string>, string]>([
  [{ authorization: "Bearer key-a" }, "anna"],
  [{ authorization: "bearer  key-2" }, "anna"],
  [{ "x-api-key": "key-b" }, "ben"],
  [{ authorization: "Bearer unknown", "x-api-key": "key-b" }, "ben"],
  [{ authorization: "Bearer key-a", "x-api-key": "key-b" }, "anna"],
  [{ authorization: "Basic key-a" }, "local"],
  [{ authorization: "Bearer key-a more" }, "local"],
  [{ authorization: `Bearer ${sha256("key-a")}` }, "local"],
  [{ "x-benchai-owner": "anna" }, "local"],
  [{ "x-api-key": "" }, "local"],
  [{}, "local"],
])("A4: %j is %s", (headers, expected) => {
  expect(owner(headers)).toBe(expected);
});

test("without owners no key is even hashed", () => {
  const hash = () => {
    throw new Error("hashed");
  };
  expect(ownerOf(["k"], buildOwners({}), hash)).toBe("local");
});
