import { arch, cpus, loadavg, release, totalmem, type } from "node:os";

import Docker from "dockerode";

import { baseImages } from "../support/images.ts";

/** Where and with what the figures were measured. */
export type Machine = Readonly<Record<string, string>>;

/** What no figure here says anything about. */
export const notMeasured = [
  "GPUs",
  "models of a useful size (a larger model makes every share of the stack smaller)",
  "other machines, engines and systems; networks other than loopback",
  "CPU time outside the processes: the kernel's network stack and the engine's port forwarding",
  "more than one router, and hours of load",
] as const;

export async function describeMachine(): Promise<Machine> {
  const docker = new Docker();
  const { Version } = await docker.version();
  const images = await Promise.all(Object.values(baseImages).map((name) => withId(docker, name)));
  const cores = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: `${cores.length} (${cores[0]?.model ?? "unknown"})`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    docker: Version,
    images: images.join(", "),
    "load at the start": load(),
  };
}

async function withId(docker: Docker, name: string): Promise<string> {
  const { Id } = await docker.getImage(name).inspect();
  return `${name} (${Id.replace("sha256:", "").slice(0, 12)})`;
}

/** Average number of runnable processes in the last minute: well below the number of cores, or others were at work. */
export function load(): string {
  return (loadavg()[0] ?? NaN).toFixed(1);
}

export function machineMarkdown(machine: Machine): string {
  const lines = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`);
  return [...lines, `- not measured: ${notMeasured.join("; ")}`, ""].join("\n");
}
