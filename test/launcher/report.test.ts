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

/** What is printed of these reports, by suite; `undefined` is a missing one. */
function printed(reports: Record<string, string | undefined>) {
  const box = sandbox();
  for (const [suite, text] of Object.entries(reports))
    if (text !== undefined) box.write(`reports/${suite}.json`, text);
  const script = join(box.home, "launcher/report.mjs");
  return run(process.execPath, [script, join(box.home, "reports"), ...Object.keys(reports)], box.env);
}

/** The last line and the exit code for reports of these counts. */
async function summary(
  counts: Record<string, Counts | undefined>,
): Promise<[string | undefined, number | null]> {
  const reports = Object.entries(counts).map(([suite, of]) => [suite, of && report(of)] as const);
  const { out, code } = await printed(Object.fromEntries(reports));
  return [out.trimEnd().split("\n").at(-1), code];
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

test("names each failed test at the end, with how it failed and without colours", async () => {
  const [red, off] = ["\u001b[31m", "\u001b[39m"];
  const failing = {
    numTotalTests: 2,
    numPassedTests: 1,
    numFailedTests: 1,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [
      {
        name: "/a/b.test.ts",
        status: "failed",
        message: "",
        assertionResults: [
          { fullName: "b holds", status: "passed", failureMessages: [] },
          {
            fullName: "b adds",
            status: "failed",
            failureMessages: [`${red}Error: 2 is not 3${off}\n at b.ts`],
          },
        ],
      },
    ],
  };
  expect((await printed({ unit: JSON.stringify(failing) })).out).toBe(
    "unit: /a/b.test.ts: b adds\n  Error: 2 is not 3\n   at b.ts\ntests: 1 passed, 1 failed\n",
  );
});
