import { eventually } from "../support/eventually.ts";
import { ChatClient } from "./client.ts";
import type { Section } from "./figure.ts";
import { type Ground, remove, removeLater } from "./ground.ts";
import { dockerRun } from "./raw-server.ts";
import { shuffled } from "./stats.ts";

const chat = { max_tokens: 4, temperature: 0, stream: true };

/** From the first question for a model that is not loaded to its first token. */
export async function measureColdStart(ground: Ground): Promise<Section> {
  const ours: number[] = [];
  const raw: number[] = [];
  const runs = [
    async () => ours.push(await throughStack(ground)),
    async () => raw.push(await byHand(ground, ours.length)),
  ];
  for (let i = 0; i < ground.rounds; i++) for (const run of shuffled(runs, ground.random)) await run();
  return {
    title: "Cold start of a worker",
    method:
      "Asked → first token. tiny-chat is unloaded; the raw server is `docker run` of the same image with the same flags, /health asked every 25 ms, then the same question.",
    figures: [
      {
        what: "asked → first token",
        unit: "s",
        ours,
        theirs: { name: "docker run", values: raw },
        aim: { of: "difference", atMost: 0.7 },
      },
    ],
  };
}

async function throughStack({ stack, docker }: Ground): Promise<number> {
  const label = [`ai.benchai.stack=${stack.name}`, "ai.benchai.slot=cold"];
  await eventually("the model is unloaded", async () => {
    const left = await docker.listContainers({ all: true, filters: { label } });
    return left.length === 0;
  });
  // Seen by the controller too, and by the router.
  await stack.inState("cold", "unloaded");
  return firstTokenS(stack.port, "cold", performance.now());
}

async function byHand(ground: Ground, round: number): Promise<number> {
  const name = `${ground.stack.name}-run-${round}`;
  removeLater(ground, name);
  const startMs = performance.now();
  const port = await dockerRun(ground.tinySpec, name);
  const tookS = await firstTokenS(port, "tiny-chat", startMs);
  await remove(ground.docker, name);
  return tookS;
}

async function firstTokenS(port: number, model: string, sinceMs: number): Promise<number> {
  const client = new ChatClient(port);
  const askedMs = performance.now();
  const answer = await client.askOne({ ...chat, model });
  client.close();
  return (askedMs - sinceMs + answer.firstTokenMs) / 1_000;
}
