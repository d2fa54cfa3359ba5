import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import type { FakeDocker } from "@benchai/fakes/fake-docker";
import { ggufBytes } from "@benchai/fakes/gguf-writer";
import type { ModelView, Snapshot } from "@benchai/contract/models";
import { Doorbell } from "@benchai/kernel/doorbell";
import { createLogger } from "@benchai/kernel/log";

import { inFlight, queued } from "./samples.ts";
import { fakeEngine } from "./engine.ts";
import type { Penalty, Slot } from "../src/core/state.ts";
import { Demands } from "../src/demands.ts";
import { ConfigFile } from "../src/edge/config-file.ts";
import { dockerEngine } from "../src/edge/docker.ts";
import { watchEngine } from "../src/edge/events.ts";
import { lookAround } from "../src/edge/facts.ts";
import { Images } from "../src/edge/images.ts";
import { openWorkerKeys } from "../src/edge/keys.ts";
import { ModelFiles } from "../src/edge/model-files.ts";
import { workerSpec } from "../src/edge/worker-spec.ts";
import { Publisher } from "../src/publisher.ts";
import { Reconciler } from "../src/reconciler.ts";

const patienceMs = 10_000;

/** What the controllers of a stack share in Valkey, without a Valkey. */
class SharedLease {
  role: "leader" | "passive" = "leader";
  isAllowed = true;
  #saved = "[]";

  mayAct(): boolean {
    return this.role === "leader" && this.isAllowed;
  }

  async loadPenalties(): Promise<Map<Slot, Penalty>> {
    const entries: [Slot, Penalty][] = JSON.parse(this.#saved);
    return new Map(entries);
  }

  savePenalties(penalties: ReadonlyMap<Slot, Penalty>): void {
    this.#saved = JSON.stringify([...penalties]);
  }
}

/** A publisher that also tells of every pass, changed or not. */
class PassPublisher extends Publisher {
  readonly #waiting = new Set<() => void>();
  passes = 0;

  override publish(snapshot: Snapshot): void {
    super.publish(snapshot);
    this.passes++;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async nextPass(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    await promise;
  }
}

/** One real reconciler on the fake engine. */
export class Controller {
  readonly demands = new Demands();
  readonly publisher = new PassPublisher();
  readonly bell = new Doorbell();
  readonly failedSteps: string[] = [];
  readonly reconciler: Reconciler;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  #wanted: Record<string, typeof queued> = {};

  constructor(rig: Rig, name: string, deps: { keys: Awaited<ReturnType<typeof openWorkerKeys>> }) {
    const docker = rig.client(name);
    const ring = () => this.bell.ring();
    this.reconciler = new Reconciler({
      ...deps,
      files: new ModelFiles([{ folder: "models", path: rig.models }]),
      config: new ConfigFile(rig.config),
      workerImages: { llama: "llama:1", whisper: "whisper:1" },
      lookAround: () => lookAround(docker, "stack", "workers"),
      engineOf: ({ facts }, seen) =>
        dockerEngine(
          docker,
          "stack",
          "workers",
          workerSpec(facts, (slot) => seen()?.bodies.get(slot)),
        ),
      stack: "stack",
      images: new Images(docker, true, ring),
      lease: rig.lease,
      demands: this.demands,
      publisher: this.publisher,
      bell: this.bell,
      log: createLogger("test", "silent"),
      onStep: (step, outcome) => {
        if (outcome === "failed") this.failedSteps.push(`${step.kind} ${step.slot}`);
      },
    });
    const events = watchEngine(docker, "stack", ring, this.#stop.signal);
    this.#running = Promise.all([this.reconciler.run(this.#stop.signal), events]);
  }

  /** What a router needs from now on; renewed with every pass. */
  want(wanted: Record<string, "queued" | "inFlight">): void {
    this.#wanted = Object.fromEntries(
      Object.entries(wanted).map(([name, how]) => [name, how === "queued" ? queued : inFlight]),
    );
    this.#renew();
  }

  #renew(): void {
    this.demands.put({ routerId: "router", models: this.#wanted }, Date.now());
    this.bell.ring();
  }

  /** Looks again and again until it is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const startMs = performance.now();
    while (!isSo()) {
      if (performance.now() - startMs > patienceMs) throw new Error(`not so after ${patienceMs} ms: ${what}`);
      this.#renew();
      await this.publisher.nextPass();
    }
  }

  /** So many looks, each with the steps that follow from it under way. */
  async passes(count: number): Promise<void> {
    const { passes } = this.publisher;
    await this.until(`${count} passes`, () => this.publisher.passes >= passes + count);
  }

  model(name: string): ModelView | undefined {
    return this.publisher.newest?.status.models.find((m) => m.name === name);
  }

  async untilState(name: string, state: string): Promise<void> {
    await this.until(`${name} is ${state}`, () => this.model(name)?.state === state);
  }

  /** Until a look finds nothing to do. */
  async settle(): Promise<void> {
    await this.passes(2);
    await this.until("nothing to do", () => this.reconciler.decision?.plan.steps.length === 0);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** A models folder, a configuration, a state volume and a fake engine, for any number of controllers. */
export class Rig {
  readonly lease = new SharedLease();
  readonly fake: FakeDocker;
  readonly client: Awaited<ReturnType<typeof fakeEngine>>["client"];
  readonly root: string;
  readonly #controllers: Controller[] = [];

  private constructor(engine: Awaited<ReturnType<typeof fakeEngine>>, root: string) {
    this.fake = engine.fake;
    this.client = engine.client;
    this.root = root;
  }

  /** With a model for each name, whose worker is thought to need 64 MiB and a bit. */
  static async open(...models: string[]): Promise<Rig> {
    const root = await mkdtemp(join(tmpdir(), "rig-"));
    const rig = new Rig(await fakeEngine(), root);
    await mkdir(rig.models);
    for (const name of models) await rig.putModel(name);
    rig.fake.self = {
      hostname: hostname(),
      mounts: [
        { Destination: "/models", Source: rig.models },
        { Destination: "/embedded", Source: "/embedded" },
        { Destination: "/var/lib/benchai", Source: root, Name: "state" },
      ],
    };
    return rig;
  }

  get models(): string {
    return join(this.root, "models");
  }

  get config(): string {
    return join(this.root, "benchai.yaml");
  }

  async putModel(name: string): Promise<void> {
    const architecture = { type: "string", value: "llama" } as const;
    await writeFile(
      join(this.models, `${name}.gguf`),
      ggufBytes({ "general.architecture": architecture }, {}),
    );
  }

  async configure(text: string): Promise<void> {
    await writeFile(this.config, text);
  }

  async controller(name = "c"): Promise<Controller> {
    const keys = await openWorkerKeys(this.root);
    const controller = new Controller(this, name, { keys });
    this.#controllers.push(controller);
    return controller;
  }

  /** `name state` of every container, in the order of the names. */
  get containers(): string[] {
    return this.fake.containers
      .list()
      .map((c) => `${c.name.replace("stack-worker-", "")} ${c.status}`)
      .toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#controllers.map((c) => c.stop()));
    await this.fake.close();
    await rm(this.root, { recursive: true });
  }
}
