/**
 * Measures the speech service beside bare programs in the same run, and prints Markdown. Needs espeak-ng, ffmpeg and Linux.
 * `node test/bench/speech.ts [--rounds 20] [--seed 1] [--doc]`; `--doc` puts the table into docs/benchmarks.md.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

import { type AudioFormat, audioFormats } from "@benchai/contract/speech";

import { type AudioEncoding, audioEncodings } from "../../services/speech/src/core/audio-encodings.ts";
import { durationMs } from "../../services/speech/src/core/pcm.ts";
import { leavingMs } from "../../services/speech/test/leaving.ts";
import { SpeechProcess } from "../../services/speech/test/speech-process.ts";
import { root } from "../support/images.ts";
import { load } from "./machine.ts";
import { quantile, seededRandom, shuffled } from "./stats.ts";

const { values: given } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    doc: { type: "boolean", default: false },
  },
});
const rounds = Number(given.rounds);
const random = seededRandom(Number(given.seed));
/** Of what was measured before, nothing is left running then. */
const restMs = 500;
const said = "benchai_speech_utterances_total";

/** `ours[i]` and `theirs[i]` were measured right after each other. */
type Row = { readonly what: string; readonly ours: readonly number[]; readonly theirs: readonly number[] };
type Bench = {
  readonly what: string;
  readonly ours: () => Promise<number>;
  readonly theirs?: () => Promise<number>;
};

function firstByte(format: AudioFormat): Bench {
  return {
    what: `first byte of 5,000 words as ${format}; beside it espeak-ng${argsOf(format) ? " into a new ffmpeg" : ""}`,
    ours: () => firstByteMs(format, newText(5_000)),
    theirs: () => bareFirstByteMs(format, newText(5_000)),
  };
}

/** How long 500 words take to the last byte, for each second that they last; beside it espeak-ng alone. */
const realTime: Bench = {
  what: "500 words as pcm, ms for a second of sound; beside it espeak-ng",
  async ours() {
    const sinceMs = performance.now();
    const bytes = await service.sound({ input: newText(500), response_format: "pcm" });
    return ((performance.now() - sinceMs) * 1_000) / durationMs(bytes.length / 2);
  },
  async theirs() {
    const sinceMs = performance.now();
    const { stdout } = bareEspeak(newText(500));
    let bytes = 0;
    for await (const chunk of stdout as AsyncIterable<Buffer>) bytes += chunk.length;
    return ((performance.now() - sinceMs) * 1_000) / ((bytes / 2 / 22_050) * 1_000);
  },
};

let heard = "";
const again: Bench = {
  what: "a paragraph as wav to the last byte, heard before; beside it, not heard before",
  ours: () => wholeMs(heard),
  theirs: () => wholeMs((heard = newText(60))),
};

function leaving(format: AudioFormat): Bench {
  return {
    what: `a client leaves in the middle of a sentence, ${format}: till espeak-ng and ffmpeg are gone`,
    ours: () => leavingMs(spareless, format, newText(2_000)),
  };
}

/** All benches in each round, in random order. What is beside comes first, as `again` needs it. */
async function measure(benches: readonly Bench[]): Promise<Row[]> {
  const samples = benches.map(({ what }) => ({ what, ours: [] as number[], theirs: [] as number[] }));
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}`);
    for (const i of shuffled([...benches.keys()], random)) {
      const { ours, theirs } = benches[i] ?? {};
      if (theirs) samples[i]?.theirs.push(await rested(theirs));
      if (ours) samples[i]?.ours.push(await rested(ours));
    }
  }
  return samples;
}

async function rested(work: () => Promise<number>): Promise<number> {
  await sleep(restMs);
  return work();
}

async function firstByteMs(format: AudioFormat, input: string): Promise<number> {
  const sinceMs = performance.now();
  const { request, response } = await service.speak({ input, response_format: format });
  await once(response, "data");
  const tookMs = performance.now() - sinceMs;
  request.destroy();
  return tookMs;
}

/** What somebody would write in a shell. Of the two rates ffmpeg is told a wrong one, which costs it nothing. */
async function bareFirstByteMs(format: AudioFormat, text: string): Promise<number> {
  const sinceMs = performance.now();
  const espeak = bareEspeak(text);
  const ended: ChildProcess[] = [espeak];
  let { stdout } = espeak;
  const ffmpegArgs = argsOf(format);
  if (ffmpegArgs) {
    const ffmpeg = spawn("ffmpeg", ffmpegArgs, { stdio: ["pipe", "pipe", "ignore"] });
    espeak.stdout.pipe(ffmpeg.stdin.on("error", () => undefined));
    ended.push(ffmpeg);
    ({ stdout } = ffmpeg);
  }
  await once(stdout, "data");
  const tookMs = performance.now() - sinceMs;
  for (const child of ended) child.kill("SIGKILL");
  return tookMs;
}

function argsOf(format: AudioFormat): readonly string[] | undefined {
  const encoding: AudioEncoding = audioEncodings[format];
  return encoding.ffmpegArgs;
}

function bareEspeak(text: string) {
  const args = ["-v", "en-us", "-s", "175", "--stdin", "--stdout"];
  const espeak = spawn("espeak-ng", args, { stdio: ["pipe", "pipe", "ignore"] });
  espeak.stdin.on("error", () => undefined).end(text);
  return espeak;
}

async function wholeMs(input: string): Promise<number> {
  const sinceMs = performance.now();
  await service.sound({ input, response_format: "wav" });
  return performance.now() - sinceMs;
}

/** Counts, which are the same in every run: what an engine had to say, of what was asked. */
async function sharing(): Promise<string> {
  const calls = async (work: () => Promise<unknown>) => {
    const before = await service.counted(said);
    await work();
    return (await service.counted(said)) - before;
  };
  const text = "This sentence is said in six formats.";
  await service.sound({ input: text, response_format: "pcm" });
  const others = audioFormats.filter((format) => format !== "pcm");
  const inOthers = await calls(async () => {
    for (const response_format of others) await service.sound({ input: text, response_format });
  });
  const input = "Fifty clients want to hear this at the same time.";
  const ofFifty = await calls(() =>
    Promise.all(Array.from({ length: 50 }, () => service.sound({ input, response_format: "wav" }))),
  );
  return (
    `Sentences that an engine was asked to say: ${inOthers} for a text in ${others.length} more formats, ` +
    `${ofFifty} for 50 requests at once for one sentence.`
  );
}

let texts = 0;

/** Sentences of eight words that nobody has heard. */
function newText(words: number): string {
  texts += 1;
  const sentences = Array.from(
    { length: words / 8 },
    (_, i) => `Text ${texts} has sentence ${i}, one of many.`,
  );
  return sentences.join(" ");
}

function machineText(): string {
  return (
    `${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, load ${loadBefore} before and ${load()} after ` +
    `(of which the run itself is a part), Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; ${rounds} rounds. ms unless said.\n`
  );
}

function table(rows: readonly Row[]): string {
  const head = ["figure", "p50", "p95", "beside it, p50", "p95", "ratio in pairs, p50", "n"];
  const lines = rows.map(({ what, ours, theirs }) => {
    const ratios = theirs.length > 0 ? ours.map((value, i) => value / (theirs[i] ?? NaN)) : [];
    return [what, ...both(ours, 1), ...both(theirs, 1), both(ratios, 2)[0], `${ours.length}`];
  });
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function both(values: readonly number[], digits: number): string[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.95].map((share) => (sorted.length === 0 ? "–" : quantile(sorted, share).toFixed(digits)));
}

function publish(text: string): void {
  process.stdout.write(`${text}\n`);
  if (!given.doc) return;
  const path = `${root}/docs/benchmarks.md`;
  const marked = /(<!-- speech -->\n)[\s\S]*(<!-- end of speech -->)/;
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace(marked, (_all, first, last) => `${first}\n${text}\n${last}`),
  );
}

/** Progress goes to stderr, so that stdout is the report alone. */
function say(text: string): void {
  process.stderr.write(`speech: ${text} (${process.uptime().toFixed(0)} s)\n`);
}

const loadBefore = load();
const service = await SpeechProcess.start();
const spareless = await SpeechProcess.start({ FFMPEG_IDLE_S: "0" });
try {
  for (const response_format of audioFormats) await service.sound({ input: "Begin.", response_format });
  await spareless.sound({ input: "Begin." });
  const rows = await measure([...audioFormats.map(firstByte), realTime, again, ...audioFormats.map(leaving)]);
  publish([machineText(), table(rows), `\n${await sharing()}\n`].join("\n"));
} finally {
  await Promise.all([service.stop(), spareless.stop()]);
}
