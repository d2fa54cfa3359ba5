/** `node scripts/check-lock.ts`: exit 1 and a line for each problem of package-lock.json and the manifests. */
import { globSync, readFileSync } from "node:fs";

import { knownScripts, type Lock, lockProblems, type Manifest, unpinned } from "./lock-problems.ts";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
const files = ["package.json", ...globSync("{packages,services}/*/package.json"), "test/package.json"];
const manifests = Object.fromEntries(files.map((f) => [f, JSON.parse(readFileSync(f, "utf8")) as Manifest]));

const problems = [...lockProblems(lock, knownScripts), ...unpinned(manifests)];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
