import { type Answer, type ChatBody, ChatClient } from "./client.ts";
import type { Section } from "./figure.ts";
import type { Ground } from "./ground.ts";
import { shuffled } from "./stats.ts";

const pairsPerRound = 40;
const chat = { model: "tiny-chat", max_tokens: 8, temperature: 0 };

/** What the stack adds to each answer of a model that is loaded. */
export async function measureFirstToken(ground: Ground): Promise<Section> {
  const clients = { ours: new ChatClient(ground.stack.port, 1), raw: new ChatClient(ground.raw.port, 1) };
  for (const client of Object.values(clients)) await client.askMany(20, 1, chat);
  const total = ground.rounds * pairsPerRound;
  const streamed = await pairs(clients, total, { ...chat, stream: true }, ground.random);
  const whole = await pairs(clients, total, chat, ground.random);
  for (const client of Object.values(clients)) client.close();
  return {
    title: "A loaded model answers",
    method: `tiny-chat, 8 tokens, one request at a time, a new connection for each stream; stack and raw server alternate in random order, ${total} pairs each.`,
    figures: [
      figure("time to first token, streamed", streamed, (a) => a.firstTokenMs),
      figure("whole answer, streamed", streamed, (a) => a.totalMs),
      figure("whole answer, not streamed", whole, (a) => a.totalMs),
    ],
  };
}

type Who = "ours" | "raw";
type Pair = Readonly<Record<Who, Answer>>;

async function pairs(
  clients: Readonly<Record<Who, ChatClient>>,
  total: number,
  body: ChatBody,
  random: () => number,
): Promise<Pair[]> {
  const found: Pair[] = [];
  for (let i = 0; i < total; i++) {
    const pair: Partial<Record<Who, Answer>> = {};
    for (const who of shuffled(["ours", "raw"] as const, random)) pair[who] = await clients[who].askOne(body);
    found.push(pair as Pair);
  }
  return found;
}

function figure(what: string, measured: readonly Pair[], value: (answer: Answer) => number) {
  const theirs = { name: "raw llama-server", values: measured.map((p) => value(p.raw)) };
  return { what, unit: "ms" as const, ours: measured.map((p) => value(p.ours)), theirs };
}
