import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import Docker from "dockerode";
import OpenAI from "openai";
import { DockerComposeEnvironment, Wait } from "testcontainers";
import { stringify } from "yaml";

import type { ControllerStatus, ModelView } from "@benchai/contract/models";

import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { composeEnvironment, fakeLlamaImage, root, run } from "./images.ts";

export const tinyChat = `${root}/assets/tiny-chat/tiny-chat.gguf`;

export type StackOptions = {
  /** What benchai.yaml says, as data; text is written as it is. */
  readonly config?: object | string;
  /** Files in models/ by name: a path to copy, or bytes. None: the embedded model is served. */
  readonly models?: Readonly<Record<string, string | Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What the stack's name begins with; the tests sweep away what begins with their own `benchai-test`. */
  readonly prefix?: string;
};

export type Stack = Awaited<ReturnType<typeof startStack>>;

const docker = new Docker();

/** Starts the real stack from docker-compose.yml under a name and port of its own; dispose it to take all of it down. */
export async function startStack(options: StackOptions = {}) {
  const name = `${options.prefix ?? "benchai-test"}-${randomBytes(4).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  chmodSync(folder, 0o755);
  const models = join(folder, "models");
  const config = join(folder, "config");
  const documents = join(folder, "documents");
  mkdirSync(models);
  const voices = join(folder, "voices");
  mkdirSync(documents);
  mkdirSync(voices);
  mkdirSync(config);
  for (const [file, content] of Object.entries(options.models ?? {})) putModel(models, file, content);
  if (options.config !== undefined) writeConfig(config, options.config);
  const port = await freePort();
  const env: Record<string, string> = {
    ...composeEnvironment(),
    BENCHAI_PORT: `${port}`,
    BENCHAI_MODELS: models,
    BENCHAI_CONFIG: config,
    BENCHAI_DOCUMENTS: documents,
    BENCHAI_VOICES: voices,
    ...options.env,
  };
  const environment = await new DockerComposeEnvironment(root, "docker-compose.yml")
    .withProjectName(name)
    .withEnvironment(env)
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .up();
  const baseUrl = `http://127.0.0.1:${port}`;
  const compose = (...args: string[]) =>
    run("docker", ["compose", "-p", name, "-f", `${root}/docker-compose.yml`, ...args], env);
  const chat = (model: string, body: object = {}) =>
    fetch(`${baseUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }], max_tokens: 4, ...body }),
    });
  const status = () => controllerJson<ControllerStatus>(name, "/workers");
  return {
    name,
    port,
    baseUrl,
    models,
    documents,
    env,
    docker,
    compose,
    openai: new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: "none", maxRetries: 0 }),
    writeConfig: (value: object | string) => writeConfig(config, value),
    putModel: (file: string, content: string | Uint8Array) => putModel(models, file, content),
    service: (service: string, index = 1) => docker.getContainer(`${name}-${service}-${index}`),
    workers: () => workersOf(name),
    workerIds: async () => (await workersOf(name)).map((w) => w.Id).toSorted(),
    chat,
    /** Whether the model answers a short question. */
    answers: async (model: string) => {
      const response = await chat(model);
      await response.arrayBuffer();
      return response.status === 200;
    },
    status,
    controllerJson: <T>(path: string, index = 1) => controllerJson<T>(name, path, index),
    model: async (model: string): Promise<ModelView> => {
      const found = (await status()).models.find((m) => m.name === model);
      if (!found) throw new Error(`no model ${model}`);
      return found;
    },
    /** Waits until the controller says that the model is in `state`. */
    inState: (model: string, state: ModelView["state"], withinMs = 30_000) =>
      eventually(
        `${model} is ${state}`,
        async () => (await status()).models.find((m) => m.name === model && m.state === state),
        withinMs,
      ),
    async [Symbol.asyncDispose]() {
      if (process.env["BENCHAI_KEEP"] === undefined)
        await environment.down({ timeout: 5_000, removeVolumes: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A configured model that is served by the fake worker with these switches. */
export function fakeModel(...flags: readonly string[]) {
  return { file: "fake.gguf", image: fakeLlamaImage, flags };
}

async function workersOf(stack: string): Promise<Docker.ContainerInspectInfo[]> {
  const found = await docker.listContainers({ all: true, filters: { label: [`ai.benchai.stack=${stack}`] } });
  return Promise.all(found.map((c) => docker.getContainer(c.Id).inspect()));
}

/** Asks a model's worker directly, inside its own container and with its own key. */
export async function askWorker<T>(stack: Stack, model: string, path: string): Promise<T> {
  const { worker } = await stack.model(model);
  const curl = `curl -fsS -H "authorization: Bearer $(cat /run/benchai/key)" http://127.0.0.1:8080${path}`;
  return JSON.parse(await execIn(docker.getContainer(worker?.containerId ?? ""), ["sh", "-c", curl])) as T;
}

/** Runs a command in a container and returns its stdout. */
export async function execIn(container: Docker.Container, command: readonly string[]): Promise<string> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  docker.modem.demuxStream(
    stream,
    { write: (b: Buffer) => out.push(b) } as never,
    { write: (b: Buffer) => err.push(b) } as never,
  );
  await new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0)
    throw new Error(`${command.join(" ")} ended with ${ExitCode}: ${Buffer.concat(err).toString()}`);
  return Buffer.concat(out).toString();
}

async function controllerJson<T>(stack: string, path: string, index = 1): Promise<T> {
  const script = `process.stdout.write(await (await fetch("http://127.0.0.1:8086${path}")).text())`;
  const text = await execIn(docker.getContainer(`${stack}-controller-${index}`), [
    "node",
    "--input-type=module",
    "-e",
    script,
  ]);
  return JSON.parse(text) as T;
}

function putModel(folder: string, file: string, content: string | Uint8Array): void {
  const to = join(folder, file);
  if (typeof content === "string") cpSync(content, to);
  else writeFileSync(to, content);
  chmodSync(to, 0o644);
}

function writeConfig(folder: string, value: object | string): void {
  writeFileSync(join(folder, "benchai.yaml"), typeof value === "string" ? value : stringify(value));
}
