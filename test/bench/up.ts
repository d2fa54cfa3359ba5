import { randomBytes } from "node:crypto";

import { root, run } from "../support/images.ts";
import { freePort } from "../support/free-port.ts";
import type { Figure, Section } from "./figure.ts";
import { type Ground, remove, removeLater, slowRounds } from "./ground.ts";
import { copyOfTheTree } from "./tree.ts";
import { dockerRun } from "./raw-server.ts";

/** A way to bring the stack up and to take it down; both block until it is done. */
type Way = { readonly name: string; readonly up: () => void; readonly down: () => void };

type Times = { readonly fromNothing: number[]; readonly again: number[]; readonly raw: number[] };

/** How long `up` takes with all images present, from nothing and with nothing to do. */
export async function measureUp(ground: Ground): Promise<Section> {
  const ways = [await compose(ground), await launcher(ground)];
  const figures: Figure[] = [];
  for (const way of ways) figures.push(...figuresOf(way, await timesOf(ground, way)));
  return {
    title: "Up, with the images present",
    method:
      "From nothing: no container, network or volume of the stack, until every service is healthy. Again: with all of it running. Beside it, `docker run` of a llama-server alone until it is healthy.",
    figures,
  };
}

function figuresOf({ name }: Way, { fromNothing, again, raw }: Times): Figure[] {
  const theirs = { name: "docker run", values: raw };
  return [
    { what: `${name}, from nothing`, unit: "s", ours: fromNothing, theirs, aim: { of: "value", atMost: 15 } },
    { what: `${name}, again`, unit: "s", ours: again, theirs, aim: { of: "value", atMost: 5 } },
  ];
}

async function timesOf(ground: Ground, { up, down }: Way): Promise<Times> {
  const times: Times = { fromNothing: [], again: [], raw: [] };
  for (let i = 0; i < slowRounds(ground); i++) {
    times.fromNothing.push(await secondsOf(up));
    times.again.push(await secondsOf(up));
    down();
    const name = `${ground.stack.name}-up-${i}`;
    removeLater(ground, name);
    times.raw.push(await secondsOf(() => dockerRun(ground.tinySpec, name)));
    await remove(ground.docker, name);
  }
  return times;
}

async function secondsOf(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
}

async function compose({ stack, cleanup }: Ground): Promise<Way> {
  const env = await environment(stack.env);
  const call = (...args: string[]) => run("docker", ["compose", ...args], env);
  const down = () => call("down", "--volumes", "--timeout", "5");
  cleanup.defer(() => void down());
  return { name: "docker compose up -d --wait", up: () => call("up", "-d", "--wait"), down };
}

/** On a copy of the tree, since it writes .env and .benchai/ there. The first `up` builds and is not counted. */
async function launcher({ stack, cleanup }: Ground): Promise<Way> {
  const env = { ...(await environment(stack.env)), BENCHAI_TAG: "bench" };
  const copy = copyOfTheTree(root);
  const call = (...args: string[]) => run("env", ["-C", copy.folder, "./benchai", ...args], env);
  const down = () => call("down", "--volumes");
  cleanup.defer(() => {
    down();
    run("docker", ["image", "rm", "benchai/router:bench", "benchai/controller:bench"]);
    copy[Symbol.dispose]();
  });
  call("up", "--no-install");
  down();
  return { name: "./benchai up", up: () => call("up", "--no-install"), down };
}

async function environment(base: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const name = `benchai-bench-up-${randomBytes(4).toString("hex")}`;
  return { ...base, COMPOSE_PROJECT_NAME: name, BENCHAI_PORT: `${await freePort()}` };
}
