import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { VaultGraphView, VaultStatus } from "@benchai/contract/obsidian";
import type { SearchAnswer, SearchRequest, SourceView } from "@benchai/contract/rag";

import { freePort } from "../support/free-port.ts";
import { root } from "../support/images.ts";

type Settings = {
  readonly data: string;
  readonly documents: string;
  /** Keeps the whole service on one core. */
  readonly core?: number;
  readonly embedModel?: string;
  readonly vault?: string;
};

const patienceMs = 900_000;

/** The knowledge service in a process of its own, without the rest of the stack: what needs Valkey or a router says so. */
export class KnowledgeProcess {
  readonly #child: ChildProcess;
  readonly #url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
  }

  static async start({
    data,
    documents,
    core,
    embedModel = "",
    vault = "",
  }: Settings): Promise<KnowledgeProcess> {
    const port = await freePort();
    const program = [process.execPath, join(root, "services/knowledge/src/main.ts")];
    const [command = "", ...args] = core === undefined ? program : ["taskset", "-c", `${core}`, ...program];
    const env = {
      PATH: process.env["PATH"],
      PORT: `${port}`,
      DATA_DIR: data,
      DOCUMENTS_ROOT: documents,
      VALKEY_HOST: "127.0.0.1",
      VALKEY_PORT: "1",
      ROUTER_URL: "http://127.0.0.1:1",
      EMBED_MODEL: embedModel,
      OBSIDIAN_VAULT: vault,
      BACKUP_EVERY_H: "0",
      LOG_LEVEL: "fatal",
    };
    const child = spawn(command, args, { env, stdio: ["ignore", "inherit", "inherit"] });
    const service = new KnowledgeProcess(child, `http://127.0.0.1:${port}`);
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}/livez`)).ok);
    return service;
  }

  async addFolder(path: string): Promise<void> {
    await this.#post("/v1/rag/index", { path });
  }

  search(query: string, mode: SearchRequest["mode"] = "hybrid"): Promise<SearchAnswer> {
    return this.#post<SearchAnswer>("/v1/rag/search", { query, k: 10, mode });
  }

  /** Resolves when a search by words finds this word. */
  async found(word: string): Promise<void> {
    await eventually(async () => (await this.search(word, "lexical")).results.length > 0, 10);
  }

  async graph(): Promise<VaultGraphView> {
    return this.#get<VaultGraphView>("/v1/obsidian/graph");
  }

  /** Waits until the vault was looked through to its end since this moment (epoch ms). */
  async looked(sinceMs: number): Promise<void> {
    await eventually(async () => {
      const { indexed_at: at } = await this.#get<VaultStatus>("/v1/obsidian/status");
      return at !== null && Date.parse(at) > sinceMs;
    }, 20);
  }

  /** Waits until every folder was gone through to its end. Asks what costs the service next to nothing, as that is measured too. */
  async indexed(): Promise<void> {
    await eventually(async () => {
      const { data } = await this.#get<{ data: readonly SourceView[] }>("/v1/rag/sources");
      return data.length > 0 && data.every(({ indexed_at: at }) => at !== null);
    }, 200);
  }

  /** Waits until so many documents of the folder are there. */
  async documents(count: number): Promise<void> {
    await eventually(async () => {
      const { data } = await this.#get<{ data: readonly { documents: number }[] }>("/v1/rag/collections");
      return data.some(({ documents }) => documents === count);
    }, 500);
  }

  /** Waits until the service does next to nothing. */
  async quiet(): Promise<void> {
    let before = Number.NEGATIVE_INFINITY;
    const isQuiet = async () => {
      const cpuS = this.cpuS();
      const isSo = cpuS - before < 0.05;
      before = cpuS;
      return isSo;
    };
    await eventually(isQuiet, 2_000);
  }

  /** Waits until vectors can be searched: those that are stored are loaded at a time. */
  async vectors(): Promise<void> {
    await eventually(async () => (await this.search("anything", "dense")).legs.dense);
  }

  /** Of the main thread's event loop, since this was last asked. */
  async lagP99Ms(): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/mu.exec(text)?.[1]) * 1_000;
  }

  /** Of all its threads, and of the processes that read documents for it, in seconds. */
  cpuS(): number {
    return [this.#child.pid ?? 0, ...childrenOf(this.#child.pid ?? 0)].reduce(
      (sum, pid) => sum + cpuSOf(pid),
      0,
    );
  }

  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once("exit", () => resolve());
    this.#child.kill("SIGTERM");
    await promise;
  }

  async #get<T>(path: string): Promise<T> {
    return (await fetch(`${this.#url}${path}`)).json() as Promise<T>;
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const response = await fetch(`${this.#url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json() as Promise<T>;
  }
}

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name) && statOf(Number(name))[1] === `${parent}`)
    .map(Number);
}

/** User and system time; the kernel counts in hundredths of a second (proc(5)). */
function cpuSOf(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}

/** The fields of /proc/PID/stat from the third on: the second, a name, may hold anything. Empty for a process that is gone. */
function statOf(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

async function eventually(isSo: () => Promise<boolean>, everyMs = 100): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error("it took too long");
    await sleep(everyMs);
  }
}
