// report.mjs DIR SUITE...: names what failed in vitest's JSON reports, and adds up. A missing report, a suite that could
// not run and a skipped test each count as a failure, for they hide one. The last line is what CI reads.
import { readFileSync } from "node:fs";
import { join } from "node:path";

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Enough of a failure for the counterexample of a property. */
const messageLines = 8;
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "gu");

/** A failed test and how it failed: a long log may have been cut where vitest said it. */
function failure(suite, file, test) {
  const message = test.failureMessages.join("\n").replaceAll(colours, "").split("\n").slice(0, messageLines);
  return [`${suite}: ${file.name}: ${test.fullName}`, ...message.map((line) => `  ${line}`)].join("\n");
}

/** Failures of one report, with those that vitest does not count as failed tests. */
function count(suite, report) {
  if (report === undefined)
    return { passed: 0, failed: 1, why: [`${suite}: did not run, there is no report`] };
  const why = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => failure(suite, file, test)),
  );
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  for (const file of broken)
    why.push(`${suite}: ${file.name} could not run: ${String(file.message).split("\n")[0]}`);
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0) why.push(`${suite}: ${skipped} skipped, which is not allowed`);
  if (report.numTotalTests === 0) why.push(`${suite}: has no tests`);
  const failed = report.numFailedTests + broken.length + skipped + (report.numTotalTests === 0 ? 1 : 0);
  return { passed: report.numPassedTests, failed, why };
}

const [dir = ".", ...suites] = process.argv.slice(2);
const counts = suites.map((suite) => count(suite, read(join(dir, `${suite}.json`))));
const passed = counts.reduce((sum, one) => sum + one.passed, 0);
const failed = counts.reduce((sum, one) => sum + one.failed, 0);
for (const line of counts.flatMap((one) => one.why)) console.log(line);
console.log(`tests: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
