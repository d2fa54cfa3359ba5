import type { ModelEntry } from "../core/catalogue.ts";
import { keyFolder, type Program, workerPort } from "./worker-container.ts";

/** llama-server's own arguments. Its port is fixed: every worker has a network namespace of its own. */
export function llamaArguments(e: ModelEntry): string[] {
  return [
    "--model",
    `/models/${e.file.name}`,
    "--alias",
    e.name.replaceAll(",", "_"),
    "--host",
    "0.0.0.0",
    "--port",
    `${workerPort}`,
    "--api-key-file",
    `${keyFolder}/key`,
    "--ctx-size",
    `${e.contextTokens * e.parallel}`,
    "--parallel",
    `${e.parallel}`,
    // The default prompt cache of 8 GiB in RAM would be more than the memory limit below.
    "--cache-ram",
    "256",
    "--metrics",
    "--no-webui",
    "--no-slots",
    "--offline",
    ...(e.threads ? ["--threads", `${e.threads}`, "--threads-batch", `${e.threads}`] : []),
    ...(e.kind === "embedding" ? ["--embedding"] : []),
    ...(e.kind === "rerank" ? ["--rerank"] : []),
    ...(e.batchTokens ? ["--batch-size", `${e.batchTokens}`, "--ubatch-size", `${e.batchTokens}`] : []),
    // The OpenAI API has one vector an input; a later --pooling in `flags` wins.
    ...(e.needsPooling ? ["--pooling", "mean"] : []),
    ...e.flags,
  ];
}

/** llama-server, as the entry point of its image. It asks everybody for its key. */
export function llamaProgram(e: ModelEntry): Program {
  return {
    Cmd: llamaArguments(e),
    probe: ["CMD", "curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${workerPort}/health`],
  };
}
