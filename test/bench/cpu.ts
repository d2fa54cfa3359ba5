import { ChatClient } from "./client.ts";
import type { Figure, Section } from "./figure.ts";
import { type Ground, workerOf } from "./ground.ts";
import { cpuDuring } from "./process.ts";
import { shuffled } from "./stats.ts";

const requests = 800;
const atOnce = 2;
const streams = 40;
const tokens = 150;
const tokensPerS = 50;
const chat = { model: "tiny-chat", max_tokens: 4, temperature: 0 };
const paced = { model: "paced", stream: true, user: `tokens=${tokens};tps=${tokensPerS}` };

/** CPU time of one request, or of one frame of a stream, in µs and by who spent it. */
type Spent = {
  readonly router: number;
  readonly worker: number;
  readonly pipe: number;
  readonly raw: number;
  readonly routerFrame: number;
  readonly pipeFrame: number;
};

/** What the router's process spends on a request and on a frame, beside a bare pipe and the model server itself. */
export async function measureCpu(ground: Ground): Promise<Section> {
  // A first round that does not count: both proxies are compiled code from then on.
  await round(ground);
  const rounds: Spent[] = [];
  for (let i = 0; i < ground.rounds; i++) rounds.push(await round(ground));
  const of = (who: keyof Spent) => rounds.map((r) => r[who]);
  const figure = (what: string, ours: keyof Spent, name: string, theirs: keyof Spent): Figure => ({
    what,
    unit: "µs",
    ours: of(ours),
    theirs: { name, values: of(theirs) },
  });
  return {
    title: "CPU time of proxying",
    method: `CPU time of each server's process. Requests: tiny-chat, 4 tokens, not streamed, ${requests} a round, ${atOnce} at a time on kept-alive connections. Frames: ${streams} streams at once, ${tokens} tokens each, ${tokensPerS} a second, from a fake model server; opening the stream is in it. The pipe is test/bench/pipe.ts in a container of the router's base image.`,
    figures: [
      figure("router, a request", "router", "bare node:http pipe", "pipe"),
      figure("router, a frame of a stream", "routerFrame", "bare node:http pipe", "pipeFrame"),
      figure("router, a request", "router", "the worker's own", "worker"),
      figure("worker, a request", "worker", "raw llama-server", "raw"),
    ],
  };
}

async function round(ground: Ground): Promise<Spent> {
  const { stack, raw, pipe, fakePipe, random } = ground;
  const router = stack.service("router");
  const worker = await workerOf(stack, "tiny-chat");
  const spent: Partial<Record<keyof Spent, number>> = {};
  const runs: { whose: (keyof Spent)[]; measure: () => Promise<number[]> }[] = [
    { whose: ["router", "worker"], measure: () => aRequest(stack.port, [router, worker]) },
    { whose: ["pipe"], measure: () => aRequest(pipe.port, [pipe.container]) },
    { whose: ["raw"], measure: () => aRequest(raw.port, [raw.container]) },
    { whose: ["routerFrame"], measure: () => aFrame(stack.port, [router]) },
    { whose: ["pipeFrame"], measure: () => aFrame(fakePipe.port, [fakePipe.container]) },
  ];
  for (const { whose, measure } of shuffled(runs, random)) {
    const measured = await measure();
    for (const [i, who] of whose.entries()) spent[who] = measured[i] ?? NaN;
  }
  return spent as Spent;
}

type Containers = Parameters<typeof cpuDuring>[0];

async function aRequest(port: number, containers: Containers): Promise<number[]> {
  const client = new ChatClient(port, atOnce);
  await client.askMany(100, atOnce, chat);
  const spent = await cpuDuring(containers, () => client.askMany(requests, atOnce, chat));
  client.close();
  return spent.map((us) => us / requests);
}

async function aFrame(port: number, containers: Containers): Promise<number[]> {
  const client = new ChatClient(port);
  let frames = 0;
  const spent = await cpuDuring(containers, async () => {
    const answers = await client.askMany(streams, streams, paced);
    frames = answers.reduce((sum, a) => sum + a.frames, 0);
  });
  client.close();
  return spent.map((us) => us / frames);
}
