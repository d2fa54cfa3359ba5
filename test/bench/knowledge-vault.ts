import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { realisticNotes } from "../../services/knowledge/test/support/realistic-notes.ts";
import { KnowledgeProcess } from "./knowledge-process.ts";
import { quantile, seededRandom } from "./stats.ts";

const noteCount = 16_000;
const edits = 20;

/** An Obsidian vault of 16,000 linked notes: the first index by words, a restart, edits, and the graph of all links. */
export async function measureVault(
  place: { readonly data: string; readonly documents: string },
  say: (text: string) => void,
): Promise<string[][]> {
  const vault = join(place.documents, "..", "vault");
  say(`laying a vault of ${noteCount} notes`);
  const bytes = layVault(vault);
  const settings = { ...place, vault, embedModel: "none" };
  const first = await firstIndex(settings, bytes);
  say("restarting");
  const service = await KnowledgeProcess.start(settings);
  try {
    const started = performance.now();
    await service.looked(Date.now());
    const again = performance.now() - started;
    return [
      ...first,
      row("restart with no change, to the end of the first look", again, "at most 3 s"),
      ...(await follow(service, vault)),
    ];
  } finally {
    await service.stop();
  }
}

async function firstIndex(
  settings: Parameters<typeof KnowledgeProcess.start>[0],
  bytes: number,
): Promise<string[][]> {
  const started = performance.now();
  const service = await KnowledgeProcess.start(settings);
  try {
    await service.lagP99Ms();
    await service.documents(noteCount);
    const ms = performance.now() - started;
    const what = `first index of ${noteCount} notes (${(bytes / 1e6).toFixed(0)} MB) by words, start-up included`;
    const lag = await service.lagP99Ms();
    return [
      row(what, ms, "at most 60 s"),
      ["the API's event-loop lag meanwhile, p99", `${lag.toFixed(0)} ms`, "at most 50 ms"],
    ];
  } finally {
    await service.stop();
  }
}

async function follow(service: KnowledgeProcess, vault: string): Promise<string[][]> {
  const times: number[] = [];
  for (let i = 0; i < edits; i += 1) {
    const started = performance.now();
    appendFileSync(join(vault, pathOf(i * 700)), `\nfreshword${i}x\n`);
    await service.found(`freshword${i}x`);
    times.push(performance.now() - started);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const started = performance.now();
  const { links } = await service.graph();
  const graph = performance.now() - started;
  return [
    row("edit to found, median", quantile(sorted, 0.5), "at most 2 s"),
    row(`edit to found, the slowest of ${edits}`, sorted.at(-1) ?? NaN, "at most 2 s"),
    row(`the whole graph, ${links.length} links`, graph, ""),
  ];
}

function row(what: string, ms: number, aim: string): string[] {
  return [what, `${(ms / 1_000).toFixed(2)} s`, aim];
}

function pathOf(i: number): string {
  return `folder ${i % 40}/Note ${i}.md`;
}

/** Notes of some 2 kB with front matter, tags and five links each; answers how many bytes they have. */
function layVault(vault: string): number {
  const random = seededRandom(2);
  const text = Buffer.concat(realisticNotes(noteCount * 2_000, 3)).toString("utf8");
  for (let i = 0; i < 40; i += 1) mkdirSync(join(vault, `folder ${i}`), { recursive: true });
  let bytes = 0;
  for (let i = 0; i < noteCount; i += 1) {
    const body = text.slice(i * 2_000, (i + 1) * 2_000).replaceAll("---", "");
    const links = Array.from({ length: 5 }, () => `[[Note ${Math.floor(random() * noteCount)}]]`);
    const note = `---\ntags: [t${i % 50}]\nstatus: ${i % 3 ? "open" : "done"}\n---\n${links.join(" ")} #area/a${i % 20}\n\n${body}\n`;
    bytes += Buffer.byteLength(note);
    writeFileSync(join(vault, pathOf(i)), note);
  }
  return bytes;
}
