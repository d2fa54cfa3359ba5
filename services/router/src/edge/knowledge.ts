import type { IncomingHttpHeaders } from "node:http";

import type { TurnReport } from "@benchai/contract/enrichment";
import type { Logger } from "@benchai/kernel/log";

import { credentialsOf, type Owners, ownerOf } from "../core/owner.ts";
import type { KnowledgeSeen } from "../core/router-health.ts";
import type { Extraction } from "../core/turn-keeping.ts";
import type { RouterConfig } from "./config.ts";
import { Enricher } from "./enricher.ts";
import { KnowledgeClient } from "./knowledge-client.ts";
import type { RouterMetrics } from "./router-metrics.ts";
import { ServiceProxy } from "./service-proxy.ts";
import { ServiceWatch } from "./service-watch.ts";
import { sha256Hex } from "./sha256.ts";
import { TurnSender } from "./turn-sender.ts";

/** Everything of the router that has to do with the knowledge service; without one, only assistants are left of it. */
export class Knowledge {
  readonly enricher: Enricher;
  readonly proxy: ServiceProxy | undefined;
  readonly #client: KnowledgeClient | undefined;
  readonly #watch: ServiceWatch<KnowledgeSeen> | undefined;
  readonly #turns: TurnSender | undefined;

  constructor(config: RouterConfig, metrics: RouterMetrics, log: Logger) {
    const { KNOWLEDGE_URL: url } = config;
    const client = url === "" ? undefined : new KnowledgeClient(url);
    this.#client = client;
    this.enricher = new Enricher({
      client,
      timeoutMs: config.ENRICH_TIMEOUT_MS,
      contextShare: config.ENRICH_CONTEXT_SHARE,
      extraction: () => extractionOf(this.#watch?.seen),
      log,
      onEnd: (outcome) => metrics.enrichments.inc({ outcome }),
    });
    if (!client) return;
    this.#watch = new ServiceWatch({ name: "knowledge", look: (signal) => look(client, signal), away, log });
    this.#turns = new TurnSender(client, log, (outcome) => metrics.turns.inc({ outcome }));
    this.proxy = new ServiceProxy(url, {
      does: "memory and documents",
      unavailable: "knowledge_unavailable",
      timeoutMs: config.KNOWLEDGE_TIMEOUT_MS,
      stallMs: config.STALL_TIMEOUT_MS,
      maxUploadBytes: config.UPLOAD_LIMIT_BYTES,
    });
  }

  start(): void {
    this.#watch?.start();
  }

  /** What the last look told; undefined when there is nothing to look at. */
  get seen(): KnowledgeSeen | undefined {
    return this.#watch?.seen;
  }

  ownerOf(headers: IncomingHttpHeaders, owners: Owners): string {
    return ownerOf(credentialsOf(headers), owners, sha256Hex);
  }

  keepTurn(owner: string, turn: TurnReport): void {
    this.#turns?.keep(owner, turn);
  }

  async close(): Promise<void> {
    this.#turns?.close();
    await Promise.all([this.#watch?.close(), this.proxy?.close(), this.#client?.close()]);
  }
}

function extractionOf(seen: KnowledgeSeen | undefined): Extraction {
  if (!seen) return "no knowledge";
  if (!seen.memory || seen.extraction === undefined) return "unknown";
  return seen.extraction ? "ready" : "no model";
}

async function look(client: KnowledgeClient, signal: AbortSignal): Promise<KnowledgeSeen> {
  const { reasons, features } = await client.readiness(signal);
  return { reasons: reasons.map((reason) => `knowledge: ${reason}`), ...features };
}

function away(why: string): KnowledgeSeen {
  const reasons = [`knowledge is away (${why}); chat goes on without it`];
  return { memory: false, rag: false, obsidian: false, extraction: undefined, reasons };
}
