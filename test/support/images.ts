import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The base images: `./benchai test` names what this machine has; without it, the public ones. */
export const baseImages = {
  NODE_IMAGE: process.env["NODE_IMAGE"] ?? "node:24-bookworm-slim",
  VALKEY_IMAGE: process.env["VALKEY_IMAGE"] ?? "valkey/valkey:9",
  LLAMA_IMAGE: process.env["LLAMA_IMAGE"] ?? "ghcr.io/ggml-org/llama.cpp:server",
  WHISPER_IMAGE: process.env["WHISPER_IMAGE"] ?? "ghcr.io/ggml-org/whisper.cpp:main",
};

/** The stack's own images, built from this checkout under a tag of the tests' own. */
export const testTag = "test";
export const fakeLlamaImage = `benchai/fake-llama:${testTag}`;

export function composeEnvironment(): Record<string, string> {
  return {
    ...baseImages,
    BENCHAI_TAG: testTag,
    BENCHAI_BIND: "127.0.0.1",
    WORKER_IMAGE_PULL: process.env["WORKER_IMAGE_PULL"] ?? "missing",
    DOCKER_GID: process.env["DOCKER_GID"] ?? "0",
    DOCKER_SOCK: process.env["DOCKER_SOCK"] ?? "/var/run/docker.sock",
    NPM_REGISTRY: process.env["NPM_REGISTRY"] ?? "",
    LOG_LEVEL: "info",
  };
}

/** Runs a command with the tests' environment and returns what it printed; throws with its stderr. */
export function run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  return execFileSync(command, args, {
    cwd: root,
    env: { ...process.env, ...composeEnvironment(), ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
}
