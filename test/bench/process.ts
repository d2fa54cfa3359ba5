import type Docker from "dockerode";

import { execIn } from "../support/stack.ts";

/** What the main process of a container has used. */
export type Usage = { readonly cpuUs: number; readonly residentMB: number };

/** The main process: the only child of the container's init. Health checks are children of nobody in there. */
const main = 'p=$(cut -d " " -f 1 /proc/1/task/1/children); p=${p:-1}';

/** Reads CPU time over all threads (Linux `schedstat`, in ns) and VmRSS. The container's own view: works with any engine. */
export async function usageOf(container: Docker.Container): Promise<Usage> {
  const script = `${main}; cat /proc/$p/task/*/schedstat; grep VmRSS /proc/$p/status`;
  const lines = (await execIn(container, ["sh", "-c", script])).trim().split("\n");
  const resident = /VmRSS:\s+(\d+) kB/.exec(lines.pop() ?? "")?.[1];
  if (resident === undefined) throw new Error("no VmRSS in the container's /proc");
  const cpuNs = lines.reduce((sum, line) => sum + Number(line.split(" ")[0]), 0);
  return { cpuUs: cpuNs / 1_000, residentMB: (Number(resident) * 1_024) / 1e6 };
}

/** Kills the main process as a crash would: unlike `docker kill`, the engine's restart policy still counts. */
export async function crash(container: Docker.Container): Promise<void> {
  // The exec dies with its container now and then, which is what was asked for.
  await execIn(container, ["sh", "-c", `${main}; kill -KILL $p`]).catch(() => undefined);
}

/** CPU time in µs that each container's main process spends while `work` runs. */
export async function cpuDuring(
  containers: readonly Docker.Container[],
  work: () => Promise<unknown>,
): Promise<number[]> {
  const before = await Promise.all(containers.map(usageOf));
  await work();
  const after = await Promise.all(containers.map(usageOf));
  return after.map(({ cpuUs }, i) => cpuUs - (before[i]?.cpuUs ?? NaN));
}
