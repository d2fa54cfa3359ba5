import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { freePort } from "../support/free-port.ts";
import { foreignListener } from "./listener.ts";
import { run, sandbox } from "./sandbox.ts";
import { stubEngine } from "./stub-docker.ts";

describe("the launcher", () => {
  test("lists its commands, says its version and refuses others in one line", async () => {
    const box = sandbox();
    expect((await box.run([])).out).toContain("./benchai up");
    expect((await box.run(["--version"])).out).toMatch(/^benchai \d+\.\d+\.\d+\n$/u);
    const unknown = await box.run(["fly"]);
    expect(unknown).toMatchObject({
      code: 1,
      out: "",
      err: "benchai: unknown command 'fly': ./benchai help lists the commands\n",
    });
  });

  test.each([
    "up",
    "down",
    "status",
    "doctor",
    "test",
    "pull",
    "logs",
    "engine",
    "backup",
    "restore",
    "eval",
  ])("%s refuses an option it does not know", async (command) => {
    const box = stubEngine();
    const result = await box.run([command, "--nonsense"]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^benchai: [^\n]*\n$/u);
    expect(box.mutations()).toEqual([]);
  });

  test("every one of its files is valid POSIX sh", async () => {
    const box = sandbox();
    const files = readdirSync(join(box.home, "launcher")).filter((name) => name.endsWith(".sh"));
    expect(files.length).toBeGreaterThan(10);
    const results = await Promise.all(
      files.map((name) => run("/bin/sh", ["-n", join(box.home, "launcher", name)], box.env)),
    );
    expect(results.filter(({ code }) => code !== 0)).toEqual([]);
  });
});

describe("down", () => {
  test("removes the workers of this stack and keeps the volumes", async () => {
    const engine = stubEngine();
    engine.answer("workers", "worker1\nworker2\n");
    const result = await engine.run(["down"], { COMPOSE_PROJECT_NAME: "mine" });
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(engine.calls()).toContain("ps -aq --filter label=ai.benchai.stack=mine");
    expect(engine.mutations()).toEqual([
      "compose stop controller",
      "rm -fv worker1",
      "rm -fv worker2",
      "compose down --remove-orphans",
    ]);
  });

  test("removes the volumes only when asked", async () => {
    const engine = stubEngine();
    await engine.run(["down", "--volumes"]);
    expect(engine.mutations().at(-1)).toBe("compose down --remove-orphans --volumes");
  });

  test("leaves a stack of the same name from another folder alone", async () => {
    const engine = stubEngine();
    engine.answer("folders", "/srv/other\n");
    const result = await engine.run(["down"]);
    expect(result.err).toContain("already runs from /srv/other");
    expect(engine.mutations()).toEqual([]);
  });
});

describe("status", () => {
  test("says that the stack is down with exit code 3", async () => {
    const engine = stubEngine();
    const result = await engine.run(["status"]);
    expect(result).toMatchObject({
      code: 3,
      out: "",
      err: "benchai: the stack is down: ./benchai up starts it\n",
    });
  });

  test("names the reason when there is no engine", async () => {
    const engine = stubEngine();
    engine.answer("error", "Cannot connect to the Docker daemon\n");
    const result = await engine.run(["status"]);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(
      /^benchai: no usable Docker engine \(Cannot connect to the Docker daemon\): start it with.*\n$/u,
    );
  });
});

describe("logs", () => {
  test("of a service come from compose, of another name there are none and both kinds of names are told", async () => {
    const engine = stubEngine();
    expect((await engine.run(["logs", "router", "-f"])).out).toBe(
      "last words of compose logs --tail 200 -f router\n",
    );
    const unknown = await engine.run(["logs", "ghost"]);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain(
      "no service and no loaded model is named 'ghost': services are router controller valkey",
    );
  });

  test("of a model are its worker's", async () => {
    const engine = stubEngine();
    engine.answer("workers", "worker1\n");
    await engine.run(["logs", "tiny-chat"]);
    expect(engine.calls()).toContain(
      "ps -aq --filter label=ai.benchai.stack=benchai --filter label=ai.benchai.slot=tiny-chat",
    );
    expect(engine.calls().at(-1)).toBe("logs --tail 200 worker1");
  });
});

describe("doctor", () => {
  const port = async () => ({ BENCHAI_PORT: String(await freePort()) });

  test("finds no problem where there is none, and changes nothing", async () => {
    const engine = stubEngine();
    engine.write("models/m.gguf", "GGUF…");
    const result = await engine.run(["doctor"], await port());
    expect(result.out).toContain("ok       engine: Docker 28.5.2, API 1.51");
    expect(result.out).toContain("ok       port: 127.0.0.1:");
    expect(result.out).toContain("skipped  config: the stack is down");
    expect(result.out).toMatch(/no problems\n$/u);
    expect(result.code).toBe(0);
    expect(engine.mutations()).toEqual([]);
  });

  test("names the holder of the port as a problem", async () => {
    const engine = stubEngine();
    const foreign = await foreignListener();
    const result = await engine.run(["doctor"], { BENCHAI_PORT: String(foreign.port) });
    expect(result.code).toBe(1);
    expect(result.out).toContain(`PROBLEM  port ${foreign.port} on 127.0.0.1 is held by pid ${foreign.pid}`);
  });

  test("names a model that workers cannot read, and one that is no model, each with its remedy", async () => {
    const engine = stubEngine();
    engine.write("models/locked.gguf", "GGUF…");
    chmodSync(join(engine.home, "models/locked.gguf"), 0o600);
    engine.write("models/page.gguf", "<html>");
    const result = await engine.run(["doctor"], await port());
    expect(result.code).toBe(1);
    expect(result.out).toMatch(
      /PROBLEM {2}models: workers \(uid 1000\) cannot read .*locked\.gguf: chmod a\+r/u,
    );
    expect(result.out).toMatch(/PROBLEM {2}models: .*page\.gguf is no GGUF file: download it again/u);
  });

  test("names a documents' folder that the knowledge service cannot enter", async () => {
    const engine = stubEngine();
    engine.write("documents/note.md", "# Note");
    chmodSync(join(engine.home, "documents"), 0o700);
    const result = await engine.run(["doctor"], await port());
    expect(result.out).toMatch(/PROBLEM {2}documents: knowledge \(uid 1000\) cannot enter .*: chmod a\+rx/u);
    chmodSync(join(engine.home, "documents"), 0o755);
    expect((await engine.run(["doctor"], await port())).out).toContain("ok       documents: ");
  });

  test("goes on without an engine and without tools, and says what it cannot see", async () => {
    const engine = stubEngine();
    engine.without("docker");
    engine.without("ss");
    const result = await engine.run(["doctor"], await port());
    expect(result.code).toBe(1);
    expect(result.out).toContain("PROBLEM  no usable Docker engine (there is no docker command)");
    expect(result.out).toContain("memory:");
    expect(result.out).toContain("1 problem(s)");
  });

  test("says when the disk is nearly full", async () => {
    const engine = stubEngine();
    engine.stub("df", "echo header; echo 'disk 100 99 1000 99% /'");
    const result = await engine.run(["doctor"], await port());
    expect(result.code).toBe(1);
    expect(result.out).toContain("PROBLEM  disk: Docker's folder has 0 MiB free and 5000 are wanted");
  });
});
