import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { knownScripts, type Lock, lockProblems, unpinned } from "../../scripts/lock-problems.ts";

const real = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8")) as Lock;

test("G1: the lockfile is complete for every platform, has an integrity for every package and no unread install script", () => {
  expect(lockProblems(real, knownScripts)).toEqual([]);
  expect(Object.keys(real.packages).length).toBeGreaterThan(100);
});

test("G1: install scripts of dependencies never run", () => {
  expect(readFileSync(new URL("../../.npmrc", import.meta.url), "utf8")).toMatch(/^ignore-scripts=true$/m);
  expect(readFileSync(new URL("../../Dockerfile", import.meta.url), "utf8")).toMatch(
    /npm ci .*--ignore-scripts/,
  );
});

test.each([
  ["no integrity", { version: "1.0.0" }, /no integrity/],
  [
    "a registry's address",
    { integrity: "sha512-x", resolved: "https://registry.example/x.tgz" },
    /names a registry/,
  ],
  ["an unknown install script", { integrity: "sha512-x", hasInstallScript: true }, /install script/],
  [
    "a platform that is missing",
    { integrity: "sha512-x", optionalDependencies: { "x-darwin": "1.0.0" } },
    /x-darwin is missing/,
  ],
])("G1: %s is found", (_what, locked, message) => {
  expect(lockProblems({ packages: { "": {}, "node_modules/x": locked } }, knownScripts).join()).toMatch(
    message,
  );
});

test("a dependency with a range is found", () => {
  expect(
    unpinned({ "package.json": { dependencies: { a: "^1.0.0", b: "1.2.3" }, devDependencies: undefined } }),
  ).toEqual(["package.json: a is ^1.0.0; pin one exact version"]);
});
