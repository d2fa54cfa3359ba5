import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { errorStatus } from "@benchai/contract/errors";

import { callKinds } from "../src/core/call-kinds.ts";
import { RouterConfig } from "../src/edge/config.ts";

const docs = readFileSync(new URL("../../../docs/api.md", import.meta.url), "utf8");
const rows = docs.split("\n").filter((line) => line.startsWith("| `"));

test("docs/api.md lists every error code with its status, and no other", () => {
  const documented = rows.flatMap((row) => {
    const [, code, status] = /^\| `([a-z_]+)` \| (\d{3}) \|/.exec(row) ?? [];
    return code === undefined ? [] : [[code, Number(status)]];
  });
  expect(Object.fromEntries(documented)).toEqual(errorStatus);
});

test("docs/api.md lists every inference route and every limit with its default", () => {
  for (const { path } of Object.values(callKinds)) expect(docs).toContain(`\`POST ${path}\``);
  const limits = Object.entries(RouterConfig.properties).filter(([name]) => /_MS$|_BYTES$|^MAX_/.test(name));
  for (const [name, schema] of limits) {
    const row = rows.find((r) => r.split(" | ")[0]?.includes(`\`${name}\``)) ?? "";
    expect(row).toContain(String(Reflect.get(schema, "default")));
  }
});
