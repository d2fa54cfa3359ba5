// report.mjs DIR SUITE...: adds up vitest's JSON reports. A missing report, a suite that could not run and a skipped
// test each count as a failure, for they hide one. The last line is what CI reads.
import { readFileSync } from "node:fs";
import { join } from "node:path";

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Failures of one report, with those that vitest does not count as failed tests. */
function count(suite, report) {
  if (report === undefined)
    return { passed: 0, failed: 1, why: [`${suite}: did not run, there is no report`] };
  const why = [];
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
