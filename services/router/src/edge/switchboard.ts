import type { IncomingHttpHeaders } from "node:http";

import type { Registry } from "prom-client";

import type { DemandReport, ModelDemand } from "@benchai/contract/demand";
import type { TurnReport } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";
import type { Snapshot } from "@benchai/contract/models";
import type { Logger } from "@benchai/kernel/log";

import { type Assistants, buildAssistants } from "../core/assistants.ts";
import type { Call } from "../core/call.ts";
import { demandOf } from "../core/demand-of.ts";
import { buildDirectory, type Directory, type Entry } from "../core/directory.ts";
import { failureFrom } from "../core/failure.ts";
import { Roster } from "../core/roster.ts";
import { buildOwners, type Owners } from "../core/owner.ts";
import type { PassedService } from "../core/passed-on.ts";
import type { Seen } from "../core/router-health.ts";
import type { ClientResponse } from "./client-response.ts";
import type { RouterConfig } from "./config.ts";
import { ControllerLink } from "./controller-link.ts";
import { DemandSender } from "./demand-sender.ts";
import type { Desk } from "./desk.ts";
import { Exchange } from "./exchange.ts";
import { Knowledge } from "./knowledge.ts";
import { Lane, type LaneMember } from "./lane.ts";
import { createRouterMetrics, type RouterMetrics } from "./router-metrics.ts";
import type { ServiceProxy } from "./service-proxy.ts";
import { Speech } from "./speech.ts";
import { Workers } from "./workers.ts";

/** Brings requests and workers together: what the router knows and holds for as long as it lives. */
export class Switchboard implements Desk {
  readonly config: RouterConfig;
  readonly workers = new Workers();
  readonly metrics: RouterMetrics;
  readonly #knowledge: Knowledge;
  readonly #speech: Speech | undefined;
  readonly #link: ControllerLink;
  readonly #demand: DemandSender;
  readonly #lanes = new Map<string, Lane>();
  readonly #open = new Roster<Exchange>();
  #snapshot: Snapshot | undefined;
  #directory: Directory | undefined;
  #assistants: Assistants = new Map();
  #owners: Owners = new Map();
  /** When the last chat ended. */
  #chatEndedMs = performance.now();
  #isDraining = false;
  #onEmpty: () => void = () => undefined;

  constructor(config: RouterConfig, registry: Registry, log: Logger) {
    this.config = config;
    this.metrics = createRouterMetrics(registry, () => this.#census());
    this.#knowledge = new Knowledge(config, this.metrics, log);
    this.#speech = config.SPEECH_URL === "" ? undefined : new Speech(config, log);
    this.#demand = new DemandSender(config.CONTROLLER_URL, () => this.#report(), log);
    const events = {
      onSnapshot: (snapshot: Snapshot) => this.#take(snapshot),
      onChange: () => this.#reconsider(),
    };
    this.#link = new ControllerLink(config.CONTROLLER_URL, events, log);
  }

  start(): void {
    this.#link.start();
    this.#knowledge.start();
    this.#speech?.start();
  }

  get directory(): Directory | undefined {
    return this.#directory;
  }

  get assistants(): Assistants {
    return this.#assistants;
  }

  get awayMs(): number | undefined {
    return this.#link.awayMs;
  }

  get seen(): Seen {
    return {
      snapshot: this.#snapshot,
      isConnected: this.#link.isConnected,
      seenAgeMs: this.#link.seenAgeMs,
      isDraining: this.#isDraining,
      chats: this.#chats(),
      knowledge: this.#knowledge.seen,
      speech: this.#speech?.seen,
    };
  }

  /** Takes a call over; from here on the answer is the exchange's. */
  admit(call: Call, body: Uint8Array, client: ClientResponse, arrivedMs: number): void {
    if (client.isGone) return;
    const refusal = this.#refusal();
    if (refusal) return client.fail(failureFrom(refusal));
    const exchange = new Exchange(this, call, body, client, arrivedMs);
    this.#open.add(exchange);
    exchange.start();
  }

  /** Undefined when no such service is configured. */
  proxyTo(service: PassedService): ServiceProxy | undefined {
    return service === "speech" ? this.#speech?.proxy : this.#knowledge.proxy;
  }

  /** Whose a request is that is passed on. */
  ownerOf(headers: IncomingHttpHeaders): string {
    return this.#knowledge.ownerOf(headers, this.#owners);
  }

  preparation(call: Call, body: Uint8Array): ReturnType<Desk["preparation"]> {
    const directory = this.#directory;
    const isPlain = call.wish === undefined && !(call.kind === "chat" && this.#assistants.has(call.model));
    if (isPlain || !directory) return undefined;
    const known = { directory, assistants: this.#assistants, owners: this.#owners };
    return (requestId, signal) => this.#knowledge.enricher.prepare(call, body, known, requestId, signal);
  }

  keepTurn(owner: string, turn: TurnReport): void {
    this.#knowledge.keepTurn(owner, turn);
  }

  laneOf({ view }: Entry): Lane {
    const known = this.#lanes.get(view.name);
    if (known) return known;
    const lane = new Lane(view.name, view.parallel, this.config.MAX_QUEUE);
    this.#lanes.set(view.name, lane);
    return lane;
  }

  enter(lane: Lane, member: LaneMember): "granted" | "waiting" | "full" {
    const place = lane.enter(member);
    if (place !== "full" && lane.size === 1) this.#demand.changed(!this.#isReady(lane));
    return place;
  }

  leave(lane: Lane | undefined, member: Exchange): void {
    this.#open.delete(member);
    lane?.leave(member);
    if (lane?.size === 0) this.#demand.changed(!this.#isReady(lane));
    if (member.isChat) this.#chatEndedMs = performance.now();
    if (this.#open.size === 0) this.#onEmpty();
  }

  /** Answers what waits, lets running answers end within `DRAIN_MS`, and ends the rest with an error. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    const emptied = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const exchange of this.#open.list()) exchange.shutDown(false);
    if (this.#open.size > 0) await Promise.race([emptied, after(this.config.DRAIN_MS)]);
    for (const exchange of this.#open.list()) exchange.shutDown(true);
  }

  /** Lets go of the controller and of the workers. */
  async close(): Promise<void> {
    await Promise.all([
      this.#link.close(),
      this.#demand.close(),
      this.workers.close(),
      this.#knowledge.close(),
      this.#speech?.close(),
    ]);
  }

  #chats(): Seen["chats"] {
    const open = this.#open.list().filter((exchange) => exchange.isChat).length;
    return { open, quietMs: open > 0 ? 0 : performance.now() - this.#chatEndedMs };
  }

  #refusal(): AppError | undefined {
    if (this.#isDraining)
      return new AppError("shutting_down", "the router is restarting; try again", {
        retryAfterS: 2,
      });
    if (this.#directory || this.#open.size < this.config.MAX_QUEUE) return undefined;
    return new AppError("controller_unavailable", "nothing was heard from the controller yet; try again", {
      retryAfterS: 2,
    });
  }

  #take(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#directory = buildDirectory(snapshot);
    this.#assistants = buildAssistants(snapshot, this.#directory);
    this.#owners = buildOwners(snapshot);
    this.workers.keepOnly(new Set(Object.values(snapshot.endpoints).map((e) => e.generation)));
    for (const [name, lane] of this.#lanes) {
      const entry = this.#directory.get(name);
      if (entry) lane.resize(entry.view.parallel);
      else if (lane.size === 0) this.#lanes.delete(name);
    }
    this.#proceedAll();
  }

  /** The controller came or went: it may have forgotten what we need, and waits may have to end. */
  #reconsider(): void {
    this.#proceedAll();
    if (this.#open.size > 0) this.#demand.changed(true);
  }

  #proceedAll(): void {
    for (const exchange of this.#open.list()) exchange.proceed();
  }

  #isReady(lane: Lane): boolean {
    return this.#directory?.get(lane.model)?.view.state === "ready";
  }

  #report(): DemandReport["models"] {
    const nowMs = performance.now();
    const members = this.#byLane();
    const models: DemandReport["models"] = {};
    for (const lane of this.#lanes.values()) {
      const demand = lane.takeDemand(members.get(lane) ?? [], nowMs);
      if (demand) models[lane.model] = demand;
    }
    return models;
  }

  #census(): [string, ModelDemand][] {
    const nowMs = performance.now();
    const members = this.#byLane();
    return [...this.#lanes.values()].map((lane) => [lane.model, demandOf(members.get(lane) ?? [], nowMs)]);
  }

  #byLane(): Map<Lane | undefined, Exchange[]> {
    return Map.groupBy(this.#open.list(), (exchange) => exchange.lane);
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
