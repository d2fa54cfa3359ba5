import { setTimeout as sleep } from "node:timers/promises";

import type Docker from "dockerode";

import { eventually } from "../support/eventually.ts";
import type { Section } from "./figure.ts";
import { type Ground, slowRounds, startOn } from "./ground.ts";
import { failedPercent, outageOf, SteadyClient } from "./outage.ts";
import { crash } from "./process.ts";
import { shuffled } from "./stats.ts";

/** The engine forgets its growing restart delay when a container has run for 10 s (moby, restartmanager). */
const steadyAfterMs = 10_500;

type Recovery = { readonly leaderS: number; readonly failedPercent: number };

/** A controller that dies, beside a raw server that dies: both are brought back by the engine's restart policy. */
export async function measureControllerKill(ground: Ground): Promise<Section> {
  const raw = await startOn(ground, ground.tinySpec, `${ground.stack.name}-raw-restarted`, "unless-stopped");
  const ours: Recovery[] = [];
  const theirs: { backS: number; failedPercent: number }[] = [];
  const runs = [
    async () => ours.push(await recovery(ground)),
    async () =>
      theirs.push(await outageOf({ port: raw.port, model: "tiny-chat" }, () => crash(raw.container))),
  ];
  for (let i = 0; i < slowRounds(ground); i++) {
    await Promise.all([raw.container, ground.stack.service("controller")].map(runsSteadily));
    for (const run of shuffled(runs, ground.random)) await run();
  }
  const name = "raw llama-server restarted by the engine";
  return {
    title: "The controller is killed",
    method:
      "SIGKILL of its process; the engine restarts it. Till the router hears from a leader again and for a second more, a client asks tiny-chat, which is loaded, every 100 ms. Beside it, a raw llama-server that is killed the same way: killed → next answer.",
    figures: [
      {
        what: "killed → leader again",
        unit: "s",
        ours: ours.map((r) => r.leaderS),
        theirs: { name, values: theirs.map((o) => o.backS) },
      },
      {
        what: "requests to a loaded model that failed",
        unit: "%",
        ours: ours.map((r) => r.failedPercent),
        theirs: { name, values: theirs.map((o) => o.failedPercent) },
        aim: { of: "value", atMost: 0 },
      },
    ],
  };
}

async function recovery({ stack }: Ground): Promise<Recovery> {
  const client = new SteadyClient(stack.port, "tiny-chat");
  await sleep(500);
  const killMs = performance.now();
  await crash(stack.service("controller"));
  const isLed = async () => {
    const { controller } = (await (await fetch(`${stack.baseUrl}/health`)).json()) as RouterHealth;
    return controller.connected && controller.role === "leader";
  };
  await eventually("the router misses the controller", async () => !(await isLed()));
  await eventually("the controller leads again", isLed);
  const leaderMs = performance.now();
  await sleep(1_000);
  await client[Symbol.asyncDispose]();
  return {
    leaderS: (leaderMs - killMs) / 1_000,
    failedPercent: failedPercent(client.between(killMs, Infinity)),
  };
}

type RouterHealth = { readonly controller: { readonly connected: boolean; readonly role: string | null } };

async function runsSteadily(container: Docker.Container): Promise<void> {
  await eventually("it has run for a while", async () => {
    const { State } = await container.inspect();
    return State.Running && Date.now() - Date.parse(State.StartedAt) > steadyAfterMs;
  });
}
