import { hostname, networkInterfaces } from "node:os";

import Docker from "dockerode";
import { Redis } from "ioredis";
import { Counter, type Registry } from "prom-client";
import { Type } from "typebox";

import type { ControllerStatus } from "@benchai/contract/models";
import { readConfig } from "@benchai/kernel/config";
import { Doorbell } from "@benchai/kernel/doorbell";
import { createLogger } from "@benchai/kernel/log";
import { createMetrics } from "@benchai/kernel/metrics";
import { runService } from "@benchai/kernel/service";

import { buildApp } from "./app.ts";
import { Demands } from "./demands.ts";
import { ConfigFile } from "./edge/config-file.ts";
import { dockerEngine } from "./edge/docker.ts";
import { watchEngine } from "./edge/events.ts";
import { lookAround, mountPoints } from "./edge/facts.ts";
import { Images } from "./edge/images.ts";
import { openWorkerKeys } from "./edge/keys.ts";
import { Lease } from "./edge/lease.ts";
import { ModelFiles } from "./edge/model-files.ts";
import { tearDown } from "./edge/teardown.ts";
import { workerSpec } from "./edge/worker-spec.ts";
import { Publisher } from "./publisher.ts";
import { Reconciler, type ReconcilerDeps } from "./reconciler.ts";

const Env = Type.Object({
  PORT: Type.Integer({ default: 8086 }),
  LOG_LEVEL: Type.String({ default: "info" }),
  /** The Compose project. */
  STACK: Type.String({ minLength: 1 }),
  WORKER_NETWORK: Type.String({ minLength: 1 }),
  WORKER_IMAGE: Type.String({ minLength: 1 }),
  /** Of transcription models. */
  WHISPER_IMAGE: Type.String({ minLength: 1, default: "ghcr.io/ggml-org/whisper.cpp:main" }),
  WORKER_IMAGE_PULL: Type.Union([Type.Literal("missing"), Type.Literal("never")], {
    default: "missing",
  }),
  VALKEY_HOST: Type.String({ default: "valkey" }),
  CONFIG_FILE: Type.String({ default: "/config/benchai.yaml" }),
});

/** Longer than the longest grace of one step, shorter than Compose's own grace for this service. */
const closeDeadlineMs = 20_000;

const env = readConfig(Env, process.env);
const log = createLogger("controller", env.LOG_LEVEL);

await runService(log, closeDeadlineMs, async () => {
  const docker = new Docker({ socketPath: "/var/run/docker.sock" });
  const bell = new Doorbell();
  const ring = () => bell.ring();
  const stopping = new AbortController();
  // The container, not the process: restarted in place, a controller goes on with the lease that it had.
  const self = { id: hostname(), url: `http://${ownAddress()}:${env.PORT}` };
  const lease = new Lease(connectValkey(env.VALKEY_HOST), env.STACK, self, ring);
  const keys = await openWorkerKeys(mountPoints.state);
  const publisher = new Publisher();
  const demands = new Demands();
  const metrics = createMetrics();
  const reconciler = buildReconciler(docker, metrics, { keys, lease, demands, publisher, bell });
  const app = buildApp({
    log,
    metrics,
    publisher,
    status: () => currentStatus(publisher, lease, reconciler),
    decision: () => reconciler.decision,
    reset: (slot) => reconciler.reset(slot),
    isStoreReachable: () => lease.isStoreReachable,
    demand: {
      put: (report) => void (demands.put(report, Date.now()) && bell.ring()),
      leaderUrl: () => lease.leaderUrl,
    },
  });

  await lease.start();
  await app.listen({ port: env.PORT, host: "0.0.0.0" });
  void watchEngine(docker, env.STACK, ring, stopping.signal);
  const running = reconciler.run(stopping.signal);
  return {
    async close() {
      stopping.abort();
      await running;
      await leaveNoWorkerBehind(docker);
      await lease.close();
      app.server.closeAllConnections();
      await app.close();
    },
  };
});

type Shared = Pick<ReconcilerDeps, "keys" | "demands" | "publisher" | "bell"> & { lease: Lease };

function buildReconciler(docker: Docker, metrics: Registry, shared: Shared): Reconciler {
  const steps = new Counter({
    name: "benchai_steps_total",
    help: "Docker calls by step and outcome",
    labelNames: ["step", "outcome"],
    registers: [metrics],
  });
  const engineOf: ReconcilerDeps["engineOf"] = ({ facts }, seen) => {
    const specOf = workerSpec(facts, (slot) => seen()?.bodies.get(slot));
    return dockerEngine(docker, env.STACK, env.WORKER_NETWORK, specOf);
  };
  return new Reconciler({
    ...shared,
    files: new ModelFiles([
      { folder: "models", path: mountPoints.models },
      { folder: "embedded", path: mountPoints.embedded },
    ]),
    config: new ConfigFile(env.CONFIG_FILE),
    workerImages: { llama: env.WORKER_IMAGE, whisper: env.WHISPER_IMAGE },
    lookAround: () => lookAround(docker, env.STACK, env.WORKER_NETWORK),
    engineOf,
    stack: env.STACK,
    images: new Images(docker, env.WORKER_IMAGE_PULL === "missing", () => shared.bell.ring()),
    log,
    onStep: ({ kind }, outcome) => steps.inc({ step: kind, outcome }),
  });
}

/** The newest snapshot's status, with what has changed since. */
function currentStatus(publisher: Publisher, { role }: Lease, { lookedAtMs }: Reconciler): ControllerStatus {
  const lookAgeMs = lookedAtMs === undefined ? null : Date.now() - lookedAtMs;
  const newest = publisher.newest?.status ?? {
    stack: env.STACK,
    engine: { ok: false, message: "not asked yet" },
    config: { ok: true },
    models: [],
  };
  return { ...newest, role, lookAgeMs };
}

async function leaveNoWorkerBehind(docker: Docker): Promise<void> {
  try {
    log.info({ removed: await tearDown(docker, env.STACK) }, "closed");
  } catch (error) {
    log.warn({ err: error }, "no teardown");
  }
}

function connectValkey(host: string): Redis {
  const redis = new Redis({
    host,
    port: 6379,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    connectTimeout: 1_000,
    commandTimeout: 400,
    retryStrategy: (times) => Math.min(100 * times, 1_000),
  });
  // Without a listener every failed reconnect would end the process; the lease tells what it means.
  redis.on("error", (err) => log.debug({ err }, "valkey"));
  return redis;
}

/** This container's address in the control network, for the other controllers of the stack. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((a) => a && !a.internal && a.family === "IPv4")?.address ?? "127.0.0.1";
}
