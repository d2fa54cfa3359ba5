import { Counter, Gauge, Histogram, type Registry } from "prom-client";

import type { ModelDemand } from "@benchai/contract/demand";

/** What every model that was asked for is asked for now. */
export type Census = () => Iterable<readonly [model: string, demand: ModelDemand]>;

const ttftBucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];
const overheadBucketsS = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25];

/** The label of requests that name no model we have; names that clients invent make no labels. */
export const unknownModel = "unknown";

/** The router's figures. Models' names come from the catalogue only. */
export function createRouterMetrics(registry: Registry, census: Census) {
  registerGauges(registry, census);
  const registers = [registry];
  return {
    requests: new Counter({
      name: "benchai_router_requests_total",
      help: "Inference requests by route, model and final status; 499 is a client that left.",
      labelNames: ["route", "model", "status"],
      registers,
    }),
    firstByte: new Histogram({
      name: "benchai_router_first_byte_seconds",
      help: "From a request's arrival to the first byte of its worker's answer.",
      labelNames: ["route", "model"],
      buckets: ttftBucketsS,
      registers,
    }),
    overhead: new Histogram({
      name: "benchai_router_overhead_seconds",
      help: "From a request's arrival to its handing over to a worker, without a wait.",
      buckets: overheadBucketsS,
      registers,
    }),
    retries: new Counter({
      name: "benchai_router_retries_total",
      help: "Tries that were repeated because a worker died, was out of reach or was another process.",
      labelNames: ["model", "reason"],
      registers,
    }),
    upstreamAborts: new Counter({
      name: "benchai_router_upstream_aborts_total",
      help: "Running answers that were cancelled at the worker.",
      labelNames: ["model"],
      registers,
    }),
    ...knowledgeCounters(registers),
  };
}

function knowledgeCounters(registers: Registry[]) {
  return {
    enrichments: new Counter({
      name: "benchai_router_enrichments_total",
      help: "Chats that asked for memory or documents: enriched, with nothing that fits, or skipped because knowledge was away, slow or busy.",
      labelNames: ["outcome"],
      registers,
    }),
    turns: new Counter({
      name: "benchai_router_turns_total",
      help: "Finished turns that were handed over to be read for memories, or dropped.",
      labelNames: ["outcome"],
      registers,
    }),
    passedOn: new Counter({
      name: "benchai_router_passed_on_requests_total",
      help: "Requests that another service answered, by service and status.",
      labelNames: ["service", "status"],
      registers,
    }),
  };
}

export type RouterMetrics = ReturnType<typeof createRouterMetrics>;

function registerGauges(registry: Registry, census: Census): void {
  const gauge = (name: string, help: string, value: (demand: ModelDemand) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["model"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [model, demand] of census()) this.set({ model }, value(demand));
      },
    });
  gauge("benchai_router_in_flight", "Requests at workers.", (demand) => demand.inFlight);
  gauge("benchai_router_waiting", "Requests that wait for a turn or a worker.", (demand) => demand.queued);
}
