import { describe, expect, test } from "vitest";

import { freePort } from "../support/free-port.ts";
import type { Run } from "./sandbox.ts";
import { stubEngine, type StubEngine } from "./stub-docker.ts";

const noDaemon =
  "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
const osRelease = (home: string, id: string): string => `${home}/os-release-${id}`;

/** `up` with a port that is free and an operating system of our choice. */
async function up(engine: StubEngine, args: readonly string[] = [], os = "debian"): Promise<Run> {
  engine.write(`os-release-${os}`, `ID=${os}\n`);
  return engine.run(["up", ...args], {
    BENCHAI_PORT: String(await freePort()),
    BENCHAI_OS_RELEASE: osRelease(engine.home, os),
  });
}

/** apt as of a release: `package version` lines; what it would install is recorded. */
function apt(engine: StubEngine, versions: Record<string, string>): void {
  const cases = Object.entries(versions).map(
    ([name, version]) => `${name}) echo "  Candidate: ${version}" ;;`,
  );
  engine.stub("apt-cache", `case $2 in ${cases.join(" ")} *) echo "  Candidate: (none)" ;; esac`);
  engine.stub("apt-get", 'echo "$*" >>"${0%/*}/apt-calls"');
}

const notRoot = (engine: StubEngine): void =>
  engine.stub("id", "case $1 in -u) echo 1000 ;; *) echo someone ;; esac");

describe("where there is no engine", () => {
  test("--no-install says what is missing and installs nothing", async () => {
    const engine = stubEngine();
    engine.without("docker");
    apt(engine, {});
    const result = await up(engine, ["--no-install"]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(
      /^benchai: no usable Docker engine \(there is no docker command\) and --no-install forbids.*\n$/u,
    );
    expect(engine.has("../bin/apt-calls")).toBe(false);
  });

  test("a stray client without a daemon counts as no engine", async () => {
    const engine = stubEngine();
    engine.answer("error", noDaemon);
    const result = await up(engine, ["--no-install"]);
    expect(result.err).toContain("no usable Docker engine (Cannot connect to the Docker daemon");
    expect(engine.mutations()).toEqual([]);
  });

  test("without root the exact commands are printed and nothing is run", async () => {
    const engine = stubEngine();
    engine.without("docker");
    apt(engine, { "docker.io": "20.10.24+dfsg1-1+deb12u1", "docker-compose": "1.29.2-3" });
    notRoot(engine);
    const result = await up(engine);
    expect(result.code).toBe(1);
    expect(result.err).toContain(
      `run \`sudo '${engine.home}/benchai' engine install && sudo usermod -aG docker someone\``,
    );
    expect(engine.has("../bin/apt-calls")).toBe(false);
  });

  test("a system that is neither Debian nor Ubuntu is told what to install", async () => {
    const engine = stubEngine();
    engine.without("docker");
    const result = await up(engine, [], "fedora");
    expect(result.code).toBe(1);
    expect(result.err).toContain("install Docker 26 or newer with Compose 2.20 or newer and buildx");
  });
});

describe("an engine that cannot be used", () => {
  test("permission denied is told apart from not running", async () => {
    const engine = stubEngine();
    engine.answer(
      "error",
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock\n",
    );
    notRoot(engine);
    const result = await up(engine);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(
      /^benchai: the Docker daemon refuses user someone \(permission denied\): .*usermod -aG docker someone.*\n$/u,
    );
  });

  test("a daemon that is installed but not running is not installed a second time", async () => {
    const engine = stubEngine();
    engine.answer("error", noDaemon);
    engine.stub("dockerd", "exit 1");
    apt(engine, {});
    const result = await up(engine);
    expect(result.err).toContain("the Docker daemon is installed but not running: start it as root");
    expect(engine.has("../bin/apt-calls")).toBe(false);
  });

  test("one elsewhere that does not answer is named, and none is installed here", async () => {
    const engine = stubEngine();
    engine.answer("error", noDaemon);
    const result = await engine.run(["up"], {
      BENCHAI_PORT: String(await freePort()),
      DOCKER_HOST: "tcp://10.0.0.9:2375",
    });
    expect(result.err).toContain("no engine answers at DOCKER_HOST=tcp://10.0.0.9:2375");
  });

  test.each([
    [
      "an engine below API 1.45",
      "version",
      "25.0.5 1.44\n",
      "Docker 25.0.5 speaks API 1.44 and 1.45 (Docker 26) is needed",
    ],
    ["a missing compose plugin", "info", "plugin-buildx=0.29.1\n", "docker has no compose plugin"],
    [
      "an old compose plugin",
      "info",
      "plugin-buildx=0.29.1\nplugin-compose=v2.17.2\n",
      "Compose 2.17.2 is older than 2.20",
    ],
    ["a missing buildx plugin", "info", "plugin-compose=2.40.3\n", "docker has no buildx plugin"],
  ] as const)("%s is refused with the reason", async (_what, name, text, message) => {
    const engine = stubEngine();
    engine.answer(name, text);
    const result = await up(engine, ["--no-install"]);
    expect(result.code).toBe(1);
    expect(result.err).toContain(message);
    expect(engine.mutations()).toEqual([]);
  });
});
