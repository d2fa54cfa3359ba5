import type { Section } from "./figure.ts";
import { type Ground, slowRounds, startOn, victim, workerOf } from "./ground.ts";
import { ChatClient } from "./client.ts";
import { askEveryMs, type Outage, outageOf } from "./outage.ts";
import { shuffled } from "./stats.ts";

/** A worker that is killed, beside a raw server that is killed and started again at once by hand. */
export async function measureWorkerKill(ground: Ground): Promise<Section> {
  const rawVictim = await startOn(ground, ground.tinySpec, `${ground.stack.name}-raw-victim`);
  const ours: Outage[] = [];
  const raw: Outage[] = [];
  const { container } = rawVictim;
  const runs = [
    async () => ours.push(await workerOutage(ground, victim(ours.length))),
    async () =>
      raw.push(
        await outageOf(
          { port: rawVictim.port, model: "tiny-chat" },
          () => container.kill(),
          () => container.start(),
        ),
      ),
  ];
  for (let i = 0; i < slowRounds(ground); i++) for (const run of shuffled(runs, ground.random)) await run();
  const name = "docker kill, docker start";
  return {
    title: "A worker is killed",
    method: `SIGKILL → the first 200 to a question asked after it, while a client asks every ${askEveryMs} ms. A model of its own each round, so that each is the first failure; the controller waits a second on purpose before it tries a model again that has just failed, the hand does not.`,
    figures: [
      {
        what: "killed → next answer",
        unit: "s",
        ours: ours.map((o) => o.backS),
        theirs: { name, values: raw.map((o) => o.backS) },
      },
      {
        what: "requests that failed till then",
        unit: "%",
        ours: ours.map((o) => o.failedPercent),
        theirs: { name, values: raw.map((o) => o.failedPercent) },
      },
    ],
  };
}

async function workerOutage({ stack }: Ground, model: string): Promise<Outage> {
  const client = new ChatClient(stack.port);
  await client.askOne({ model, max_tokens: 1 });
  client.close();
  const worker = await workerOf(stack, model);
  return outageOf({ port: stack.port, model }, () => worker.kill());
}
