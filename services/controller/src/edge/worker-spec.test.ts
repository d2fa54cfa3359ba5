import { describe, expect, test } from "vitest";

import { desired, entry } from "../../test/samples.ts";
import { containerOf, urlOf } from "../backends/backends.ts";
import { llamaArguments } from "../backends/llama-server.ts";
import { whisperArguments } from "../backends/whisper-server.ts";
import type { StackFacts } from "../backends/worker-container.ts";
import { workerSpec } from "./worker-spec.ts";

const facts: StackFacts = {
  stack: "stack",
  workerNetwork: "stack_workers",
  folders: { models: "/home/me/models", embedded: "/opt/embedded" },
  stateVolume: "stack_state",
  gpuRequest: undefined,
};
const gpuRequest = { Driver: "nvidia", Count: -1, Capabilities: [["gpu"]] } as const;
const withGpu: StackFacts = { ...facts, gpuRequest: { ...gpuRequest, Capabilities: [["gpu"]] } };

function body(e = entry(), on = facts) {
  return workerSpec(on, () => containerOf(e, on))(desired(), "g1");
}

describe("F4: a worker's container", () => {
  test("is confined: user, read-only root, no capabilities, no new privileges, limits", () => {
    expect(body()).toMatchObject({
      User: "1000:1000",
      HostConfig: {
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        PidsLimit: 512,
        Memory: (600 * 1.25 + 1_024) * 1024 * 1024,
        RestartPolicy: { Name: "no" },
        Init: true,
        Tmpfs: { "/tmp": expect.stringContaining("noexec") },
      },
    });
  });

  test("publishes no port, is in the workers' network alone, and gets nothing else of the host", () => {
    const made = body();
    expect(made.HostConfig?.NetworkMode).toBe("stack_workers");
    for (const key of [
      "PortBindings",
      "PublishAllPorts",
      "Privileged",
      "CapAdd",
      "Devices",
      "Binds",
      "PidMode",
      "IpcMode",
      "ExtraHosts",
    ])
      expect(made.HostConfig).not.toHaveProperty(key);
    for (const key of ["ExposedPorts", "Env", "NetworkingConfig", "Entrypoint"])
      expect(made).not.toHaveProperty(key);
  });

  test("sees its models read-only and its own key alone", () => {
    expect(body().HostConfig?.Mounts).toEqual([
      { Type: "bind", Source: "/home/me/models", Target: "/models", ReadOnly: true },
      {
        Type: "volume",
        Source: "stack_state",
        Target: "/run/benchai",
        ReadOnly: true,
        VolumeOptions: {
          NoCopy: true,
          Subpath: "worker-keys/chat/g1",
          Labels: {},
          DriverConfig: { Name: "local", Options: {} },
        },
      },
    ]);
  });

  test("an embedded model's worker sees the embedded folder and not the owner's", () => {
    const made = body(entry({ file: { name: "tiny.gguf", folder: "embedded" } }));
    expect(made.HostConfig?.Mounts?.[0]).toMatchObject({ Source: "/opt/embedded" });
  });

  test("A6: has no secret in its arguments, environment or labels: only the path of a file", () => {
    const made = body();
    expect(made.Cmd).toContain("--api-key-file");
    expect(made.Cmd).not.toContain("--api-key");
    expect(made).not.toHaveProperty("Labels");
  });

  test("S70: its logs rotate", () => {
    expect(body().HostConfig?.LogConfig).toEqual({
      Type: "json-file",
      Config: { "max-size": "10m", "max-file": "3" },
    });
  });
});

describe("S25: the device", () => {
  const gpu = entry({ device: { wanted: "gpu", actual: "gpu" } });
  test("is requested for a model that is really on it", () => {
    expect(body(gpu, withGpu).HostConfig?.DeviceRequests).toEqual([gpuRequest]);
  });

  test("is not requested by a model on the CPU, or on a machine that has none", () => {
    expect(body(entry(), withGpu).HostConfig).not.toHaveProperty("DeviceRequests");
    expect(body(gpu, facts).HostConfig).not.toHaveProperty("DeviceRequests");
  });
});

describe("the arguments of llama-server", () => {
  test("name model, alias, key, the context of all slots together, and what we rely on", () => {
    expect(llamaArguments(entry({ name: "a,b" })).join(" ")).toBe(
      "--model /models/chat.gguf --alias a_b --host 0.0.0.0 --port 8080 --api-key-file /run/benchai/key --ctx-size 16384 --parallel 2 --cache-ram 256 --metrics --no-webui --no-slots --offline",
    );
  });

  test("say threads and embedding where they are meant, and the owner's flags last", () => {
    const args = llamaArguments(
      entry({ threads: 1, kind: "embedding", needsPooling: true, flags: ["--temp", "0"] }),
    );
    expect(args.slice(args.indexOf("--offline") + 1).join(" ")).toBe(
      "--threads 1 --threads-batch 1 --embedding --pooling mean --temp 0",
    );
  });

  test("give a model that reads an input whole a batch for it, before the owner's flags, which win", () => {
    const args = llamaArguments(
      entry({ kind: "embedding", batchTokens: 8_192, flags: ["-ub", "8192", "--temp", "0"] }),
    );
    expect(args.slice(args.indexOf("--offline") + 1).join(" ")).toBe(
      "--embedding --batch-size 8192 --ubatch-size 8192 -ub 8192 --temp 0",
    );
  });

  test("say rerank for a model that ranks documents, which has no pooling of ours", () => {
    const args = llamaArguments(entry({ kind: "rerank" }));
    expect(args.slice(args.indexOf("--offline") + 1).join(" ")).toBe("--rerank");
  });

  test("a file name that looks like a flag stays a file", () => {
    const args = llamaArguments(entry({ file: { name: "--port.gguf", folder: "models" } }));
    expect(args[1]).toBe("/models/--port.gguf");
  });
});

describe("a transcription model's worker", () => {
  const whisper = (over = {}) =>
    entry({ kind: "transcription", file: { name: "ggml-base.en.bin", folder: "models" }, ...over });

  test("is whisper-server, confined as every other", () => {
    const { Cmd: _1, Healthcheck: _2, Entrypoint: _3, ...made } = body(whisper());
    const { Cmd: _4, Healthcheck: _5, ...other } = body();
    expect(made).toEqual(other);
    expect(whisperArguments(whisper({ flags: ["-sow"] })).join(" ")).toBe(
      "--model /models/ggml-base.en.bin --host 0.0.0.0 --port 8080 --inference-path /v1/audio/inference --public /nowhere --language auto --no-gpu -sow",
    );
  });

  test("has threads and the GPU where they are meant", () => {
    const gpu = whisper({ threads: 3, device: { wanted: "gpu", actual: "gpu" } });
    expect(whisperArguments(gpu).slice(-4)).toEqual(["--language", "auto", "--threads", "3"]);
    expect(body(gpu, withGpu).HostConfig?.DeviceRequests).toEqual([gpuRequest]);
  });

  test("A6: reads its key from the file, so that no secret stands in its arguments", () => {
    const { Entrypoint, Healthcheck } = body(whisper());
    expect(Entrypoint).toEqual([
      "/bin/sh",
      "-c",
      'exec whisper-server --request-path "/$(cat /run/benchai/key)" "$@"',
      "whisper-server",
    ]);
    expect(Healthcheck?.Test).toEqual([
      "CMD-SHELL",
      'curl -fsS -o /dev/null "http://127.0.0.1:8080/$(cat /run/benchai/key)/health"',
    ]);
  });

  test("is reached below its key, as the others are not", () => {
    expect(urlOf("transcription", "10.0.0.2", "k-e_y")).toBe("http://10.0.0.2:8080/k-e_y");
    expect(urlOf("chat", "10.0.0.2", "k-e_y")).toBe("http://10.0.0.2:8080");
  });
});

test("a slot that is gone from the newest look is created with nothing, which the engine refuses", () => {
  expect(workerSpec(facts, () => undefined)(desired(), "g1")).not.toHaveProperty("Image");
});
