/**
 * Measures the stack beside a raw llama-server, prints Markdown and writes .benchai/bench.json.
 * `node test/bench/run.ts [--rounds 5] [--only cold-start,up] [--seed 1] [--doc]`; docs/benchmarks.md says how to read it.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { buildImages } from "../support/build.ts";
import { root } from "../support/images.ts";
import { measureColdStart } from "./cold-start.ts";
import { measureControllerKill } from "./controller-kill.ts";
import { measureCpu } from "./cpu.ts";
import { compare, type Measure, type Section } from "./figure.ts";
import { measureFirstToken } from "./first-token.ts";
import { layGround, type Options } from "./ground.ts";
import { describeMachine, load, type Machine, machineMarkdown, notMeasured } from "./machine.ts";
import { sectionMarkdown } from "./markdown.ts";
import { measureMemory } from "./memory.ts";
import { seededRandom } from "./stats.ts";
import { measureUp } from "./up.ts";
import { measureWorkerKill } from "./worker-kill.ts";

const measures: Readonly<Record<string, Measure>> = {
  "first-token": measureFirstToken,
  cpu: measureCpu,
  "cold-start": measureColdStart,
  "worker-kill": measureWorkerKill,
  "controller-kill": measureControllerKill,
  up: measureUp,
  memory: measureMemory,
};

const longestRunMs = 20 * 60_000;
const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string", default: Object.keys(measures).join(",") },
    seed: { type: "string", default: "1" },
    doc: { type: "boolean", default: false },
  },
});

const cleanup = new AsyncDisposableStack();
let problem: string | undefined;
let cleaning: Promise<void> | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void end(signal));
setTimeout(() => void end("this takes too long"), longestRunMs).unref();

const chosen = given.only.split(",").map((name) => {
  const measure = measures[name];
  if (measure) return { name, measure };
  throw new Error(`no figure '${name}'; there are ${Object.keys(measures).join(", ")}`);
});
const rounds = Number(given.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1 on");

try {
  const machine = await describeMachine();
  const sections = await measureAll({ rounds, random: seededRandom(Number(given.seed)) });
  publish({ ...machine, "load at the end": load(), rounds: given.rounds }, sections);
} catch (error) {
  problem = error instanceof Error ? error.stack : String(error);
}
await end(problem);

/** Takes everything down, once; what is still being measured then fails, and that is no news. */
async function end(why: string | undefined): Promise<never> {
  if (!cleaning && why !== undefined) say(why);
  cleaning ??= cleanup.disposeAsync();
  await cleaning;
  process.exit(why === undefined ? 0 : 1);
}

async function measureAll(options: Options): Promise<Section[]> {
  say("building the images");
  buildImages();
  say("starting the stack and the raw servers");
  const ground = await layGround(options, cleanup);
  const sections: Section[] = [];
  for (const { name, measure } of chosen) {
    say(name);
    sections.push(await measure(ground));
  }
  return sections;
}

function publish(machine: Machine, sections: readonly Section[]): void {
  const text = [machineMarkdown(machine), ...sections.map(sectionMarkdown)].join("\n");
  process.stdout.write(`${text}\n`);
  mkdirSync(`${root}/.benchai`, { recursive: true });
  const withSummaries = sections.map((s) => ({
    ...s,
    figures: s.figures.map((f) => ({ ...f, summary: compare(f) })),
  }));
  const report = { machine, notMeasured, sections: withSummaries };
  writeFileSync(`${root}/.benchai/bench.json`, `${JSON.stringify(report, undefined, 2)}\n`);
  if (given.doc) writeDoc(text);
}

/** Puts the tables between the two marks of docs/benchmarks.md. */
function writeDoc(text: string): void {
  const path = `${root}/docs/benchmarks.md`;
  const marked = /(<!-- figures -->\n)[\s\S]*(<!-- end of figures -->)/;
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(marked, (_all, first, last) => `${first}\n${text}\n${last}`),
  );
}

/** Progress goes to stderr, so that stdout is the report alone. */
function say(text: string): void {
  process.stderr.write(`bench: ${text} (${process.uptime().toFixed(0)} s)\n`);
}
