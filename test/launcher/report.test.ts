import { join } from "node:path";

import { expect, test } from "vitest";

import { run, sandbox } from "./sandbox.ts";

type Counts = { passed?: number; failed?: number; pending?: number; broken?: number };

const report = ({ passed = 0, failed = 0, pending = 0, broken = 0 }: Counts): string =>
  JSON.stringify({
    numTotalTests: passed + failed + pending,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: 0,
    testResults: Array.from({ length: broken }, () => ({
      name: "a.test.ts",
      status: "failed",
      message: "cannot import",
      assertionResults: [],
    })),
  });

/** The last line and the exit code for reports of these counts; `undefined` is a missing report. */
async function summary(
  counts: Record<string, Counts | undefined>,
): Promise<[string | undefined, number | null]> {
  const box = sandbox();
  for (const [suite, count] of Object.entries(counts))
    if (count) box.write(`reports/${suite}.json`, report(count));
  const script = join(box.home, "launcher/report.mjs");
  const result = await run(
    process.execPath,
    [script, join(box.home, "reports"), ...Object.keys(counts)],
    box.env,
  );
  return [result.out.trimEnd().split("\n").at(-1), result.code];
}

test("adds up what passed and failed", async () => {
  expect(await summary({ unit: { passed: 3 }, containers: { passed: 4 } })).toEqual([
    "tests: 7 passed, 0 failed",
    0,
  ]);
  expect(await summary({ unit: { passed: 3, failed: 2 }, containers: { passed: 4 } })).toEqual([
    "tests: 7 passed, 2 failed",
    1,
  ]);
});

test("counts a suite that did not run, a file that could not be loaded, a skipped test and an empty suite as failures", async () => {
  expect(await summary({ unit: { passed: 3 }, containers: undefined })).toEqual([
    "tests: 3 passed, 1 failed",
    1,
  ]);
  expect(await summary({ unit: { passed: 3, broken: 1 } })).toEqual(["tests: 3 passed, 1 failed", 1]);
  expect(await summary({ unit: { passed: 3, pending: 2 } })).toEqual(["tests: 3 passed, 2 failed", 1]);
  expect(await summary({ unit: {} })).toEqual(["tests: 0 passed, 1 failed", 1]);
});
