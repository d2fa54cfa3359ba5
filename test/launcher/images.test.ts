import { statSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { freePort } from "../support/free-port.ts";
import { stubEngine, type StubEngine } from "./stub-docker.ts";

/** Up to the images and `.env`; that no model answers afterwards is not the point here. */
const up = async (engine: StubEngine, ...args: string[]) =>
  engine.run(["up", ...args], { BENCHAI_PORT: String(await freePort()) });
const value = (engine: StubEngine, name: string): string | undefined =>
  new RegExp(`^${name}=(.*)$`, "mu").exec(engine.read(".env"))?.[1];
const pulls = (engine: StubEngine): string[] => engine.calls().filter((call) => call.startsWith("pull "));

describe("base images", () => {
  test("that are here are used without asking a registry", async () => {
    const engine = stubEngine();
    await up(engine);
    expect(pulls(engine)).toEqual([]);
    expect(value(engine, "NODE_IMAGE")).toBe("node:24-bookworm-slim");
    expect(value(engine, "WORKER_IMAGE_PULL")).toBe("missing");
  });

  test("that are not here are pulled", async () => {
    const engine = stubEngine();
    engine.answer("images", "");
    await up(engine);
    expect(pulls(engine)).toEqual([
      "pull node:24-bookworm-slim",
      "pull valkey/valkey:9",
      "pull ghcr.io/ggml-org/llama.cpp:server",
    ]);
    expect(value(engine, "LLAMA_IMAGE")).toBe("ghcr.io/ggml-org/llama.cpp:server");
  });

  test("are built under names of their own when no registry answers, which is asked once", async () => {
    const engine = stubEngine();
    engine.answer("images", "benchai-offline/debian:forky\n");
    engine.answer("pull-error", "dial tcp: lookup registry.example: no such host\n");
    const result = await up(engine);
    expect(result.err).toContain(
      "cannot pull node:24-bookworm-slim (dial tcp: lookup registry.example: no such host)",
    );
    expect(pulls(engine)).toHaveLength(1);
    const built = engine
      .mutations()
      .flatMap((call) => /--target (\S+) .*-t (\S+)/u.exec(call)?.slice(1, 3).join(" ") ?? []);
    expect(built).toEqual([
      "node-slim benchai-offline/node:24-slim",
      "valkey benchai-offline/valkey:9",
      "llama benchai-offline/llama.cpp:server",
    ]);
    expect(value(engine, "LLAMA_IMAGE")).toBe("benchai-offline/llama.cpp:server");
    expect(value(engine, "WORKER_IMAGE_PULL")).toBe("never");
  });

  test("built here are used again without asking, until --pull", async () => {
    const engine = stubEngine();
    engine.answer("images", "benchai-offline/debian:forky\n");
    await up(engine, "--offline");
    expect(pulls(engine)).toEqual([]);
    await up(engine);
    expect(pulls(engine)).toEqual([]);
    expect(value(engine, "NODE_IMAGE")).toBe("benchai-offline/node:24-slim");
    await up(engine, "--pull");
    expect(value(engine, "NODE_IMAGE")).toBe("node:24-bookworm-slim");
  });

  test("a pull that shows no layer in time is given up", async () => {
    const engine = stubEngine();
    engine.answer("images", "benchai-offline/debian:forky\n");
    const docker = engine.read("../bin/docker").replace("#!/bin/sh\n", "");
    engine.stub("docker", `case $1 in pull) exec sleep 600 ;; esac\n${docker}`);
    const result = await engine.run(["up"], {
      BENCHAI_PORT: String(await freePort()),
      PULL_CONNECT_S: "0",
    });
    expect(result.err).toContain("cannot pull node:24-bookworm-slim (no answer within 0 s)");
    expect(value(engine, "NODE_IMAGE")).toBe("benchai-offline/node:24-slim");
  });

  test("a full disk ends the pull with that reason and no build", async () => {
    const engine = stubEngine();
    engine.answer("images", "");
    engine.answer("pull-error", "failed to register layer: write /x: no space left on device\n");
    const result = await up(engine);
    expect(result.code).toBe(1);
    expect(result.err).toMatch(/^benchai: cannot pull node:24-bookworm-slim: the disk is full.*\n$/u);
    expect(engine.calls().some((call) => call.startsWith("buildx"))).toBe(false);
  });

  test("that the owner chose are used, or refused with the name of the line", async () => {
    const engine = stubEngine();
    engine.write(".env", 'LLAMA_IMAGE="my/llama:1"\n');
    engine.answer("pull-error", "manifest unknown\n");
    const result = await up(engine);
    expect(result.code).toBe(1);
    expect(result.err).toContain("LLAMA_IMAGE=my/llama:1 cannot be pulled (manifest unknown)");
  });

  test("for speech are got when there is a model for them", async () => {
    const engine = stubEngine();
    await up(engine);
    expect(value(engine, "WHISPER_IMAGE")).toBeUndefined();
    engine.write("models/ggml-tiny.bin", "lmgg");
    await up(engine);
    expect(pulls(engine)).toEqual(["pull ghcr.io/ggml-org/whisper.cpp:main"]);
    expect(value(engine, "WHISPER_IMAGE")).toBe("ghcr.io/ggml-org/whisper.cpp:main");
    expect(value(engine, "WORKER_IMAGE_PULL")).toBe("missing");
  });

  test("for speech are built here when no registry answers, and pulling workers is off then", async () => {
    const engine = stubEngine();
    engine.answer("images", `${engine.read("../bin/docker.d/images")}benchai-offline/debian:forky\n`);
    engine.answer("pull-error", "dial tcp: no such host\n");
    engine.write("models/ggml-tiny.bin", "lmgg");
    await up(engine);
    expect(value(engine, "LLAMA_IMAGE")).toBe("ghcr.io/ggml-org/llama.cpp:server");
    expect(value(engine, "WHISPER_IMAGE")).toBe("benchai-offline/whisper.cpp:main");
    expect(value(engine, "WORKER_IMAGE_PULL")).toBe("never");
  });

  test("an NVIDIA runtime without a GPU does not choose the CUDA image", async () => {
    const engine = stubEngine();
    engine.answer("info", "plugin-buildx=0.29.1\nplugin-compose=2.40.3\nruntimes=nvidia runc\n");
    await up(engine);
    const hasGpu = ["/dev/nvidiactl", "/dev/dxg"].some(
      (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
    );
    expect(value(engine, "LLAMA_IMAGE")).toBe(`ghcr.io/ggml-org/llama.cpp:server${hasGpu ? "-cuda" : ""}`);
  });
});

describe(".env", () => {
  test("has our block first and keeps the owner's lines as they are", async () => {
    const engine = stubEngine();
    engine.write(".env", "# mine\nLOG_LEVEL=debug\nFOO='a # b'\n");
    await up(engine);
    const text = engine.read(".env");
    expect(text).toMatch(/^# >>> benchai/u);
    expect(text.endsWith("# <<< benchai <<<\n# mine\nLOG_LEVEL=debug\nFOO='a # b'\n")).toBe(true);
  });

  test("is not touched by a second up with nothing changed", async () => {
    const engine = stubEngine();
    engine.write(".env", "A=1\n");
    await up(engine);
    const before = { text: engine.read(".env"), at: statSync(join(engine.home, ".env")).mtimeMs };
    await up(engine);
    expect({ text: engine.read(".env"), at: statSync(join(engine.home, ".env")).mtimeMs }).toEqual(before);
  });

  test("keeps its mode, as it may hold the owner's secrets", async () => {
    const engine = stubEngine();
    engine.write(".env", "HF_TOKEN=secret\n");
    const { chmodSync } = await import("node:fs");
    chmodSync(join(engine.home, ".env"), 0o600);
    await up(engine);
    expect(statSync(join(engine.home, ".env")).mode & 0o777).toBe(0o600);
    expect(value(engine, "HF_TOKEN")).toBe("secret");
  });

  test("takes the port and the project's name from it", async () => {
    const engine = stubEngine();
    engine.write(".env", 'export BENCHAI_PORT="18123"\nCOMPOSE_PROJECT_NAME=mine\n');
    await engine.run(["status"]);
    expect(engine.calls()).toContain(
      "ps -aq --filter label=com.docker.compose.project=mine --filter label=com.docker.compose.service",
    );
    await engine.run(["up"]);
    expect(engine.calls().some((call) => call.includes("publish=18123"))).toBe(true);
  });
});
