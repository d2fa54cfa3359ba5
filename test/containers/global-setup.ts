import Docker from "dockerode";

import { buildImages } from "../support/build.ts";

/** Stacks made by tests are called so; what a killed run left of them is removed first. */
const testStack = /^benchai-test-/;

export default async function setup(): Promise<() => Promise<void>> {
  const docker = new Docker();
  await docker.ping().catch((cause: unknown) => {
    throw new Error(
      "the container tests need a Docker engine and none answers; run them with ./benchai test, which brings one up",
      { cause },
    );
  });
  await sweep(docker);
  buildImages();
  return () => sweep(docker);
}

/** Containers, networks and volumes of test stacks, by the labels that Compose and the controller gave them. */
async function sweep(docker: Docker): Promise<void> {
  const containers = await docker.listContainers({ all: true });
  const left = containers.filter((c) =>
    testStack.test(c.Labels["ai.benchai.stack"] ?? c.Labels["com.docker.compose.project"] ?? ""),
  );
  await Promise.all(
    left.map((c) =>
      docker
        .getContainer(c.Id)
        .remove({ force: true, v: true })
        .catch(() => undefined),
    ),
  );
  const networks = await docker.listNetworks();
  for (const n of networks)
    if (testStack.test(n.Labels?.["com.docker.compose.project"] ?? ""))
      await docker
        .getNetwork(n.Id)
        .remove()
        .catch(() => undefined);
  const { Volumes } = await docker.listVolumes();
  for (const v of Volumes)
    if (testStack.test(v.Labels?.["com.docker.compose.project"] ?? ""))
      await docker
        .getVolume(v.Name)
        .remove()
        .catch(() => undefined);
}
