import { symlinkSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { freePort } from "../support/free-port.ts";
import { foreignListener, serve } from "./listener.ts";
import { run, type Run } from "./sandbox.ts";
import { psLine, stubEngine, type StubEngine } from "./stub-docker.ts";

const oneLine = (result: Run): string => {
  const lines = result.err.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
};

/** `up` needs something that answers on its port afterwards: here it is the test, as a container of this stack. */
async function served(
  engine: StubEngine,
  models: readonly string[],
  onBody: (body: string) => void = () => {},
): Promise<string> {
  const origin = await serve((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      if (request.method === "POST") onBody(body);
      response.end(JSON.stringify({ object: "list", data: models.map((id) => ({ id, object: "model" })) }));
    });
  });
  engine.answer("holders", psLine("benchai-router-1", "benchai", engine.home));
  return new URL(origin).port;
}

describe("the port", () => {
  test("S1: a process on the port is named with pid and command, and nothing is created or killed", async () => {
    const engine = stubEngine();
    const foreign = await foreignListener();
    const result = await engine.run(["up"], { BENCHAI_PORT: String(foreign.port) });
    expect(result.code).toBe(1);
    const message = oneLine(result);
    expect(message).toContain(`port ${foreign.port} on 127.0.0.1 is held by pid ${foreign.pid}`);
    expect(message).toContain("foreign-program");
    expect(message).toContain(`BENCHAI_PORT=${foreign.port + 1}`);
    expect(engine.mutations()).toEqual([]);
    expect(engine.has(".env")).toBe(false);
    expect(foreign.process.exitCode ?? foreign.process.signalCode).toBeNull();
  });

  test("S1: the holder is found in /proc where there is no ss", async () => {
    const engine = stubEngine();
    engine.without("ss");
    const foreign = await foreignListener();
    const result = await engine.run(["up"], { BENCHAI_PORT: String(foreign.port) });
    expect(oneLine(result)).toContain(`held by pid ${foreign.pid}`);
    expect(engine.mutations()).toEqual([]);
  });

  test("S1: a container of somebody else on the port is named", async () => {
    const engine = stubEngine();
    engine.answer("holders", psLine("their-web", "theirs", "/srv/theirs"));
    const result = await engine.run(["up"]);
    expect(result.code).toBe(1);
    expect(oneLine(result)).toContain("port 8085 is published by container 'their-web'");
    expect(engine.mutations()).toEqual([]);
  });

  test("S1: the port is looked at before an engine would be installed", async () => {
    const engine = stubEngine();
    engine.without("docker");
    engine.stub("apt-get", 'echo "$*" >>"${0%/*}/apt-calls"');
    const foreign = await foreignListener();
    const result = await engine.run(["up"], { BENCHAI_PORT: String(foreign.port) });
    expect(oneLine(result)).toContain(`held by pid ${foreign.pid}`);
    expect(engine.has("../bin/apt-calls")).toBe(false);
  });

  test("S1: a stack of the same name from another folder is refused, naming the folder", async () => {
    const engine = stubEngine();
    engine.answer("folders", "/srv/other copy\n");
    const result = await engine.run(["up"], { BENCHAI_PORT: String(await freePort()) });
    expect(result.code).toBe(1);
    expect(oneLine(result)).toContain("a stack named 'benchai' already runs from /srv/other copy");
    expect(engine.mutations()).toEqual([]);
  });

  test("a port that is no number is refused", async () => {
    const engine = stubEngine();
    engine.write(".env", "BENCHAI_PORT=http\n");
    expect(oneLine(await engine.run(["up"]))).toContain("BENCHAI_PORT is 'http'");
  });
});

describe("what up prints", () => {
  test("a curl line that can be pasted, also for a model with a quote in its name", async () => {
    const engine = stubEngine();
    const bodies: string[] = [];
    const port = await served(engine, ["it's-a-model", "second"], (body) => bodies.push(body));
    const result = await engine.run(["up"], { BENCHAI_PORT: port });
    expect(result.err).toBe("");
    expect(result.code).toBe(0);
    expect(result.out).toContain(`http://127.0.0.1:${port}/v1`);
    expect(engine.has("documents")).toBe(true);
    expect(result.out).toContain("it's-a-model second");
    expect(result.out).not.toContain("tiny-chat");
    const line = /^try +(curl .*)$/mu.exec(result.out)?.[1] ?? "";
    await run("/bin/sh", ["-c", line], engine.env);
    expect(bodies.map((body) => JSON.parse(body) as unknown)).toEqual([
      { model: "it's-a-model", stream: true, messages: [{ role: "user", content: "Hello" }] },
    ]);
  });

  test("how to pull a real model when only the smoke model is there", async () => {
    const engine = stubEngine();
    const result = await engine.run(["up"], { BENCHAI_PORT: await served(engine, ["tiny-chat"]) });
    expect(result.out).toContain("./benchai pull hf:Qwen/Qwen3-0.6B-GGUF:Q8_0");
  });

  test("the last lines of a service that does not become ready", async () => {
    const engine = stubEngine();
    engine.answer("up-error", "container benchai-router-1 exited (1)\n");
    const result = await engine.run(["up"], { BENCHAI_PORT: String(await freePort()) });
    expect(result.code).toBe(1);
    expect(result.err).toContain("router is exited; its last lines:");
    expect(result.err).toContain("last words of compose logs --no-color --no-log-prefix --tail 12 router");
    expect(result.err).toMatch(
      /benchai: the stack did not become ready .*container benchai-router-1 exited/u,
    );
  });
});

describe("running up again", () => {
  test("builds nothing when nothing has changed, and again when a source has", async () => {
    const engine = stubEngine();
    const builds = (): number => engine.calls().filter((call) => call === "compose build").length;
    const env = { BENCHAI_PORT: await served(engine, ["tiny-chat"]) };
    await engine.run(["up"], env);
    await engine.run(["up"], env);
    expect(builds()).toBe(1);
    engine.write("services/router/src/main.ts", "export const changed = true;\n");
    await engine.run(["up"], env);
    expect(builds()).toBe(2);
  });

  test("works after an up that was interrupted while it built, and leaves nothing half done", async () => {
    const engine = stubEngine();
    const env = { BENCHAI_PORT: await served(engine, ["tiny-chat"]) };
    engine.answer("build-script", "kill -TERM $PPID; exit 1\n");
    const interrupted = await engine.run(["up"], env);
    expect(interrupted.code).toBe(143);
    expect(engine.calls().some((call) => call.startsWith("compose up"))).toBe(false);
    expect(engine.has(".benchai/build.stamp")).toBe(false);
    expect(engine.has(".env.new")).toBe(false);
    engine.answer("build-script", ":\n");
    const again = await engine.run(["up"], env);
    expect(again.err).toBe("");
    expect(again.code).toBe(0);
  });

  test("works through a symbolic link from any folder", async () => {
    const engine = stubEngine();
    const env = { BENCHAI_PORT: await served(engine, ["tiny-chat"]) };
    symlinkSync("my stack/benchai", join(engine.home, "../link"));
    const result = await run(join(engine.home, "../link"), ["up"], { ...engine.env, ...env });
    expect(result).toMatchObject({ code: 0, err: "" });
    expect(engine.has(".env")).toBe(true);
  });
});
