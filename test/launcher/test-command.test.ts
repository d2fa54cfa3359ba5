import { join } from "node:path";

import { expect, test } from "vitest";

import type { Run } from "./sandbox.ts";
import { stubEngine, type StubEngine } from "./stub-docker.ts";

/**
 * An npm that says what it is asked, passes `check` unless told otherwise, and writes the report of a suite that has
 * three tests. The launcher's own Node adds the reports up.
 */
const npm = `
D=\${0%/*}
echo "npm $*" >>"$D/npm-calls"
case "$*" in
--version) echo 11.0.0 ;;
ci) mkdir -p node_modules ;;
'run --silent check') [ ! -e "$D/check-fails" ] ;;
'run --silent test:'*)
  env | grep -E '^(NODE_IMAGE|VALKEY_IMAGE|LLAMA_IMAGE|WHISPER_IMAGE|WORKER_IMAGE_PULL|DOCKER_SOCK|DOCKER_GID)=' >"$D/env-of-$BENCHAI_REPORT" || :
  [ ! -e "$D/no-report" ] || exit 1
  mkdir -p .benchai/report
  echo '{"numTotalTests":3,"numPassedTests":3,"numFailedTests":0,"numPendingTests":0,"numTodoTests":0,"testResults":[]}' >".benchai/report/$BENCHAI_REPORT.json" ;;
esac
`;

function project(): StubEngine {
  const engine = stubEngine();
  engine.stub("npm", npm);
  // What the tests of speech run.
  for (const program of ["espeak-ng", "ffmpeg", "pocketsphinx", "pocketsphinx-en-us"])
    engine.stub(program, "exit 0");
  engine.write("package-lock.json", "{}\n");
  return engine;
}

const lastLine = ({ out }: Run): string | undefined => out.trimEnd().split("\n").at(-1);
const calls = (engine: StubEngine): string[] => engine.read("../bin/npm-calls").split("\n");

test("checks and both suites run, with the images that up would choose", async () => {
  const engine = project();
  // Otherwise it is the group of whatever socket this machine has.
  engine.write(".env", "DOCKER_GID=4711\n");
  const result = await engine.run(["test"]);
  expect(lastLine(result)).toBe("tests: 6 passed, 0 failed");
  expect(result.code).toBe(0);
  expect(engine.read("../bin/env-of-containers").split("\n")).toEqual(
    expect.arrayContaining([
      "NODE_IMAGE=node:24-bookworm-slim",
      "VALKEY_IMAGE=valkey/valkey:9",
      "LLAMA_IMAGE=ghcr.io/ggml-org/llama.cpp:server",
      "WHISPER_IMAGE=ghcr.io/ggml-org/whisper.cpp:main",
      "WORKER_IMAGE_PULL=missing",
      "DOCKER_GID=4711",
    ]),
  );
});

test("a failed check fails the run, and the tests are run all the same", async () => {
  const engine = project();
  engine.write("../bin/check-fails", "");
  const result = await engine.run(["test", "--unit"]);
  expect(lastLine(result)).toBe("tests: 3 passed, 0 failed");
  expect(result.code).toBe(1);
});

test("a machine that can have no engine fails loudly, with the summary last", async () => {
  const engine = project();
  engine.without("docker");
  engine.write("os-release", "ID=other\n");
  const result = await engine.run(["test"], { BENCHAI_OS_RELEASE: join(engine.home, "os-release") });
  expect(result.out).toContain("!!! The container tests COULD NOT RUN, which is a failure.");
  expect(result.err).toContain("no usable Docker engine (there is no docker command)");
  expect(lastLine(result)).toBe("tests: 3 passed, 1 failed");
  expect(result.code).toBe(1);
});

test("a report of an earlier run is not counted", async () => {
  const engine = project();
  await engine.run(["test", "--unit"]);
  engine.write("../bin/no-report", "");
  const result = await engine.run(["test", "--unit"]);
  expect(lastLine(result)).toBe("tests: 0 passed, 1 failed");
  expect(result.code).toBe(1);
});

test("dependencies are installed again only when the lockfile has changed", async () => {
  const engine = project();
  await engine.run(["test", "--unit"]);
  await engine.run(["test", "--unit"]);
  expect(calls(engine).filter((call) => call === "npm ci")).toHaveLength(1);
  engine.write("package-lock.json", '{"changed":true}\n');
  await engine.run(["test", "--unit"]);
  expect(calls(engine).filter((call) => call === "npm ci")).toHaveLength(2);
});
