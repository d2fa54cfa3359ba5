import { randomBytes } from "node:crypto";

/** The parts of a create body that the fake looks at; the rest is kept and shown as it came. */
export type CreateBody = {
  readonly Image?: string;
  readonly Cmd?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly HostConfig?: { readonly NetworkMode?: string };
};

export type FakeStatus = "created" | "running" | "paused" | "exited" | "dead";
export type FakeHealth = "none" | "starting" | "healthy" | "unhealthy";

export type FakeContainer = {
  readonly id: string;
  readonly name: string;
  readonly body: CreateBody;
  readonly createdMs: number;
  status: FakeStatus;
  health: FakeHealth;
  startedMs: number;
  finishedMs: number;
  exitCode: number;
  isOomKilled: boolean;
  error: string;
  log: string[];
  /** How often it was started. */
  starts: number;
};

/** What a container does once it is started. */
export type Behaviour =
  /** Loads until somebody calls `becomeHealthy`. */
  | { readonly does: "load" }
  /** Is healthy after so long, in ms; 0 is at once. */
  | { readonly does: "serve"; readonly afterMs: number }
  | {
      readonly does: "exit";
      readonly code: number;
      readonly isOomKilled?: boolean;
      readonly log?: readonly string[];
    };

export type EngineEvent = { readonly action: string; readonly container: FakeContainer };

/** An answer other than success, as the engine words it. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The engine's own promises: names are unique, a step on a container is atomic, what runs is not removed. */
export class FakeContainers {
  readonly images = new Set<string>();
  readonly networks = new Set<string>(["bridge"]);
  /** What a container does when started; by default it is healthy at once. */
  behaviour: (container: FakeContainer) => Behaviour = () => ({ does: "serve", afterMs: 0 });
  readonly #byId = new Map<string, FakeContainer>();
  readonly #emit: (event: EngineEvent) => void;

  constructor(emit: (event: EngineEvent) => void) {
    this.#emit = emit;
  }

  list(): FakeContainer[] {
    return [...this.#byId.values()];
  }

  /** By id, its beginning, or name. */
  find(key: string): FakeContainer {
    const found = this.list().find((c) => c.id === key || c.name === key || c.id.startsWith(key));
    if (!found) throw new Refusal(404, `No such container: ${key}`);
    return found;
  }

  create(name: string, body: CreateBody): FakeContainer {
    if (!this.images.has(body.Image ?? "")) throw new Refusal(404, `No such image: ${body.Image}`);
    const holder = this.list().find((c) => c.name === name);
    if (holder)
      throw new Refusal(
        409,
        `Conflict. The container name "/${name}" is already in use by container "${holder.id}".`,
      );
    const container: FakeContainer = {
      id: randomBytes(32).toString("hex"),
      name,
      body,
      createdMs: Date.now(),
      status: "created",
      health: "none",
      startedMs: 0,
      finishedMs: 0,
      exitCode: 0,
      isOomKilled: false,
      error: "",
      log: [],
      starts: 0,
    };
    this.#byId.set(container.id, container);
    this.#emit({ action: "create", container });
    return container;
  }

  start(key: string): void {
    const c = this.find(key);
    if (c.status === "running" || c.status === "paused") throw new Refusal(304, "");
    const network = c.body.HostConfig?.NetworkMode ?? "bridge";
    if (!this.networks.has(network)) {
      c.error = `failed to set up container networking: network ${network} not found`;
      throw new Refusal(404, c.error);
    }
    Object.assign(c, { status: "running", health: "starting", startedMs: Date.now() });
    c.starts++;
    this.#emit({ action: "start", container: c });
    this.#behave(c);
  }

  stop(key: string): void {
    const c = this.find(key);
    if (c.status !== "running" && c.status !== "paused") throw new Refusal(304, "");
    this.exit(key, { code: 143 });
  }

  remove(key: string, isForced = false): void {
    const c = this.find(key);
    if (!isForced && (c.status === "running" || c.status === "paused"))
      throw new Refusal(
        409,
        `cannot remove container "/${c.name}": container is running: stop the container before removing or force remove`,
      );
    this.#byId.delete(c.id);
    this.#emit({ action: "destroy", container: c });
  }

  /** The container's process ends: by itself, by a signal, or because it ran out of memory. */
  exit(
    key: string,
    { code, isOomKilled = false, log = [] }: Partial<Extract<Behaviour, { does: "exit" }>>,
  ): void {
    const c = this.find(key);
    c.log.push(...log);
    Object.assign(c, { status: "exited", health: "none", finishedMs: Date.now(), isOomKilled });
    c.exitCode = code ?? 0;
    if (isOomKilled) this.#emit({ action: "oom", container: c });
    this.#emit({ action: "die", container: c });
  }

  setStatus(key: string, status: FakeStatus): void {
    const c = this.find(key);
    c.status = status;
    this.#emit({ action: status === "paused" ? "pause" : "die", container: c });
  }

  setHealth(key: string, health: "healthy" | "unhealthy"): void {
    const c = this.find(key);
    c.health = health;
    this.#emit({ action: `health_status: ${health}`, container: c });
  }

  #behave(c: FakeContainer): void {
    const how = this.behaviour(c);
    if (how.does === "exit") this.exit(c.id, how);
    if (how.does !== "serve") return;
    const { starts } = c;
    const serve = () => {
      if (c.status === "running" && c.starts === starts) this.setHealth(c.id, "healthy");
    };
    if (how.afterMs === 0) serve();
    else setTimeout(serve, how.afterMs).unref();
  }
}
