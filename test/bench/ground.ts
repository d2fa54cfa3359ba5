import Docker from "dockerode";

import { fakeModel, type Stack, startStack, tinyChat } from "../support/stack.ts";
import { ChatClient } from "./client.ts";
import { pipeSpec, type RawServer, type RawSpec, specOfWorker, startRaw } from "./raw-server.ts";

export type Options = { readonly rounds: number; readonly random: () => number };

/** What all measurements stand on: one stack, and the same servers without it. */
export type Ground = Options & {
  readonly stack: Stack;
  readonly docker: Docker;
  /** The network of the raw servers. */
  readonly network: string;
  readonly tinySpec: RawSpec;
  readonly raw: RawServer;
  /** Bare pipes in front of the raw server, and in front of a fake one that paces its stream. */
  readonly pipe: RawServer;
  readonly fakePipe: RawServer;
  /** Takes away what a measurement has made, also when it fails or is interrupted. */
  readonly cleanup: AsyncDisposableStack;
};

/** Rounds of what takes long: enough for a median. */
export const slowRounds = ({ rounds }: Options): number => Math.min(rounds, 3);

export const victim = (round: number): string => `victim-${round}`;

const tinyFile = { file: "tiny-chat.gguf" };

function models(options: Options) {
  const victims = Array.from({ length: slowRounds(options) }, (_, i) => [victim(i), tinyFile]);
  return {
    "tiny-chat": {},
    cold: { ...tinyFile, idleS: 1 },
    paced: { ...fakeModel(), parallel: 256, context: 64 },
    ...Object.fromEntries(victims),
  };
}

export async function layGround(options: Options, cleanup: AsyncDisposableStack): Promise<Ground> {
  const docker = new Docker();
  const stack = await startStack({
    prefix: "benchai-bench",
    models: { "tiny-chat.gguf": tinyChat, "fake.gguf": tinyChat },
    config: { models: models(options) },
  });
  cleanup.use(stack);
  const network = `${stack.name}-raw`;
  const made = await docker.createNetwork({ Name: network });
  cleanup.defer(() => made.remove());
  const start = (spec: RawSpec, suffix: string) =>
    startOn({ docker, network, cleanup }, spec, `${stack.name}-${suffix}`);
  const tinySpec = await specOf(stack, "tiny-chat");
  const raw = await start(tinySpec, "raw");
  await start(await specOf(stack, "paced"), "raw-fake");
  const pipe = await start(pipeSpec(`${stack.name}-raw:8080`, stack.models), "pipe");
  const fakePipe = await start(pipeSpec(`${stack.name}-raw-fake:8080`, stack.models), "pipe-fake");
  return { ...options, stack, docker, network, tinySpec, raw, pipe, fakePipe, cleanup };
}

/** Starts a raw server that goes away with the ground. */
export async function startOn(
  { docker, network, cleanup }: Pick<Ground, "docker" | "network" | "cleanup">,
  spec: RawSpec,
  name: string,
  restart: "no" | "unless-stopped" = "no",
): Promise<RawServer> {
  removeLater({ docker, cleanup }, name);
  return startRaw(docker, spec, { name, network, restart });
}

export function removeLater({ docker, cleanup }: Pick<Ground, "docker" | "cleanup">, name: string): void {
  cleanup.defer(() => remove(docker, name));
}

export async function remove(docker: Docker, name: string): Promise<void> {
  await docker
    .getContainer(name)
    .remove({ force: true, v: true })
    .catch(() => undefined);
}

/** Loads a model through the stack and reads what its worker was started with. */
async function specOf(stack: Stack, model: string): Promise<RawSpec> {
  const client = new ChatClient(stack.port);
  await client.askOne({ model, max_tokens: 1 });
  client.close();
  return specOfWorker(await (await workerOf(stack, model)).inspect(), stack.models);
}

export async function workerOf(stack: Stack, model: string): Promise<Docker.Container> {
  const { worker } = await stack.model(model);
  if (!worker) throw new Error(`${model} has no worker`);
  return stack.docker.getContainer(worker.containerId);
}
