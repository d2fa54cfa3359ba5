import type { ModelEntry } from "../core/catalogue.ts";
import { keyFolder, type Program, workerPort } from "./worker-container.ts";

/** The one path besides /health that is asked of it; the router's `callKinds` has the same. */
const inferencePath = "/v1/audio/inference";

/** whisper-server's own arguments (whisper.cpp, examples/server), but for its key. */
export function whisperArguments(e: ModelEntry): string[] {
  return [
    "--model",
    `/models/${e.file.name}`,
    "--host",
    "0.0.0.0",
    "--port",
    `${workerPort}`,
    "--inference-path",
    inferencePath,
    // It serves what lies in this folder; there is none.
    "--public",
    "/nowhere",
    // Where a request does not say. A model that knows English alone takes everything for English by itself.
    "--language",
    "auto",
    ...(e.threads ? ["--threads", `${e.threads}`] : []),
    ...(e.device.actual === "gpu" ? [] : ["--no-gpu"]),
    ...e.flags,
  ];
}

/** The shell reads the key, so that it stands in no argument that the engine could tell. */
const key = `$(cat ${keyFolder}/key)`;

/**
 * whisper-server, by its name: the images differ in their entry points. It knows no API key, so its key is the first part
 * of every path, and any other process, or another generation, answers 404.
 */
export function whisperProgram(e: ModelEntry): Program {
  return {
    Entrypoint: ["/bin/sh", "-c", `exec whisper-server --request-path "/${key}" "$@"`, "whisper-server"],
    Cmd: whisperArguments(e),
    probe: ["CMD-SHELL", `curl -fsS -o /dev/null "http://127.0.0.1:${workerPort}/${key}/health"`],
  };
}
