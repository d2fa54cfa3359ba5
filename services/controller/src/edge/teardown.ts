import type Docker from "dockerode";

import { isStackGoingDown } from "../core/teardown.ts";
import { ignoring, label } from "./docker.ts";
import { serviceContainers } from "./facts.ts";

/** Removes this stack's workers when the stack itself goes down; leaves them running otherwise. Returns how many went. */
export async function tearDown(docker: Docker, stack: string): Promise<number> {
  if (!isStackGoingDown(await serviceContainers(docker, stack))) return 0;
  const workers = await docker.listContainers({
    all: true,
    filters: { label: [`${label.stack}=${stack}`, label.slot] },
  });
  await Promise.all(
    workers.map((w) => docker.getContainer(w.Id).remove({ force: true, v: true }).catch(ignoring(404, 409))),
  );
  return workers.length;
}
