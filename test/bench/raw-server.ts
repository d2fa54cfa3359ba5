import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type Docker from "dockerode";

import { eventually } from "../support/eventually.ts";
import { baseImages } from "../support/images.ts";
import { freePort } from "../support/free-port.ts";

/** A server without the stack around it: the same image and flags as a worker's. */
export type RawSpec = {
  readonly image: string;
  readonly arguments: readonly string[];
  readonly env?: readonly string[];
  /** Host folder that is mounted on /models. */
  readonly models: string;
};

export type RawServer = { readonly container: Docker.Container; readonly port: number };

/** What a worker was started with, but for its key, which only the router knows. */
export function specOfWorker({ Config }: Docker.ContainerInspectInfo, models: string): RawSpec {
  const given = Config.Cmd ?? [];
  const key = given.indexOf("--api-key-file");
  return { image: Config.Image, arguments: given.toSpliced(key, key < 0 ? 0 : 2), models };
}

export type RawOptions = {
  readonly name: string;
  readonly network: string;
  readonly restart: "no" | "unless-stopped";
};

/** Starts it on a port of its own on loopback and waits until it answers. */
export async function startRaw(
  docker: Docker,
  spec: RawSpec,
  { name, network, restart }: RawOptions,
): Promise<RawServer> {
  const port = await freePort();
  const container = await docker.createContainer({
    name,
    Image: spec.image,
    Cmd: [...spec.arguments],
    Env: [...(spec.env ?? [])],
    ExposedPorts: { "8080/tcp": {} },
    HostConfig: {
      Init: true,
      NetworkMode: network,
      RestartPolicy: { Name: restart },
      Binds: [`${spec.models}:/models:ro`],
      PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: `${port}` }] },
    },
  });
  await container.start();
  await answers(port);
  return { container, port };
}

/** The bare pipe of pipe.ts in front of `upstream` (host:port), on the same Node image as the router. */
export function pipeSpec(upstream: string, models: string): RawSpec {
  const source = readFileSync(fileURLToPath(new URL("pipe.ts", import.meta.url)), "utf8");
  return {
    image: baseImages.NODE_IMAGE,
    arguments: ["node", "--input-type=module-typescript", "-e", source],
    env: [`UPSTREAM=${upstream}`, "NODE_ENV=production", "NODE_OPTIONS=--max-old-space-size=512"],
    models,
  };
}

/** Until the server on `port` says that it is healthy. */
export async function answers(port: number): Promise<void> {
  await eventually(`127.0.0.1:${port} answers`, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health`);
    await response.arrayBuffer();
    return response.ok;
  });
}

/** `docker run`, as somebody without the stack would type it; resolves when the server answers. */
export async function dockerRun(spec: RawSpec, name: string): Promise<number> {
  const port = await freePort();
  const published = ["-p", `127.0.0.1:${port}:8080`, "-v", `${spec.models}:/models:ro`];
  const args = ["run", "-d", "--init", "--name", name, ...published, spec.image, ...spec.arguments];
  const started = promisify(execFile)("docker", args, { timeout: 60_000 });
  await Promise.all([started, answers(port)]);
  return port;
}
