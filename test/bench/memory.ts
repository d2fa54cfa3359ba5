import { setTimeout as sleep } from "node:timers/promises";

import { ChatClient } from "./client.ts";
import type { Section } from "./figure.ts";
import { type Ground, slowRounds } from "./ground.ts";
import { usageOf } from "./process.ts";
import { answers } from "./raw-server.ts";

const requests = 5_000;
const streams = 200;
const tokensPerS = 20;
const tokens = 80;
const aim = { of: "value", atMost: 150 } as const;

type Resident = { readonly idle: number; readonly loaded: number; readonly streaming: number };

/** Resident memory of the router's process. */
export async function measureMemory(ground: Ground): Promise<Section> {
  const rounds: Resident[] = [];
  for (let i = 0; i < slowRounds(ground); i++) rounds.push(await round(ground));
  const raw = (await usageOf(ground.raw.container)).residentMB;
  const figure = (what: string, value: (r: Resident) => number) => ({
    what,
    unit: "MB" as const,
    ours: rounds.map(value),
    theirs: { name: "raw llama-server with tiny-chat", values: rounds.map(() => raw) },
    aim,
  });
  return {
    title: "Memory of the router",
    method: `VmRSS of its process, one after the other: after a restart, after ${requests} requests (8 at a time), and while ${streams} streams run (${tokensPerS} tokens a second each; the most of three looks). The worker is a fake.`,
    figures: [
      figure("idle", (r) => r.idle),
      figure(`after ${requests} requests`, (r) => r.loaded),
      figure(`during ${streams} streams`, (r) => r.streaming),
    ],
  };
}

async function round({ stack }: Ground): Promise<Resident> {
  const router = stack.service("router");
  await router.restart();
  await answers(stack.port);
  await sleep(3_000);
  const resident = async () => (await usageOf(router)).residentMB;
  const idle = await resident();
  const client = new ChatClient(stack.port, 8);
  await client.askMany(requests, 8, { model: "paced", user: "tokens=1" });
  client.close();
  return { idle, loaded: await resident(), streaming: await whileStreaming(stack.port, resident) };
}

async function whileStreaming(port: number, resident: () => Promise<number>): Promise<number> {
  const client = new ChatClient(port);
  const body = { model: "paced", stream: true, user: `tokens=${tokens};tps=${tokensPerS}` };
  const running = client.askMany(streams, streams, body);
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    await sleep(1_000);
    seen.push(await resident());
  }
  await running;
  client.close();
  return Math.max(...seen);
}
