import type { Redis } from "ioredis";

import {
  afterAnswer,
  beforeFirstTry,
  type LeaseAnswer,
  type Leadership,
  leaseRenewMs,
  leaseTtlMs,
  mayAct,
} from "../core/leadership.ts";
import type { Penalty, Slot } from "../core/state.ts";

/** KEYS lease; ARGV id, holder as JSON, TTL in ms. Takes a free lease or renews our own; else answers who holds it. */
const takeOrRenew = `
local now = redis.call("GET", KEYS[1])
if now and cjson.decode(now).id ~= ARGV[1] then return now end
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
return "held"`;

const giveBack = `
local now = redis.call("GET", KEYS[1])
if now and cjson.decode(now).id == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`;

/**
 * One controller of a stack acts: the one that holds the lease in Valkey. Penalties lie beside it, so that the next
 * leader does not start a crash loop from its beginning.
 */
export class Lease {
  readonly #redis: Redis;
  readonly #keys: { lease: string; penalties: string };
  readonly #self: { id: string; url: string };
  readonly #changed: () => void;
  #leadership: Leadership = beforeFirstTry;
  #leaderUrl: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, stack: string, self: { id: string; url: string }, changed: () => void) {
    this.#redis = redis;
    this.#keys = { lease: `${stack}:lease`, penalties: `${stack}:penalties` };
    this.#self = self;
    this.#changed = changed;
  }

  get role(): Leadership["role"] {
    return this.#leadership.role;
  }

  /** False while the store does not answer. */
  get isStoreReachable(): boolean {
    return this.#leadership.answer !== "unreachable";
  }

  /** The acting controller's address, when it is another one. */
  get leaderUrl(): string | undefined {
    return this.#leadership.role === "passive" ? this.#leaderUrl : undefined;
  }

  mayAct(): boolean {
    return mayAct(this.#leadership, performance.now());
  }

  /** Asks once and then every `leaseRenewMs`, each time after the last answer. */
  async start(): Promise<void> {
    await this.#ask();
    this.#timer = setTimeout(() => void this.start(), leaseRenewMs);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#redis.eval(giveBack, 1, this.#keys.lease, this.#self.id).catch(() => undefined);
    this.#redis.disconnect();
  }

  async #ask(): Promise<void> {
    const askedAtMs = performance.now();
    const before = this.#leadership;
    let answer: LeaseAnswer = "unreachable";
    try {
      const said = await this.#redis.eval(
        takeOrRenew,
        1,
        this.#keys.lease,
        this.#self.id,
        JSON.stringify(this.#self),
        leaseTtlMs,
      );
      answer = said === "held" ? "held" : "other";
      this.#leaderUrl = answer === "other" ? holderUrl(said) : undefined;
    } catch {
      // Not reachable: the last leader stays leader (see core/leadership.ts), and /readyz says degraded.
    }
    this.#leadership = afterAnswer(before, answer, askedAtMs);
    if (this.#leadership.role !== before.role || this.#leadership.answer !== before.answer) this.#changed();
  }

  /** What the last leader knew; undefined when the store does not answer. */
  async loadPenalties(): Promise<Map<Slot, Penalty> | undefined> {
    try {
      const text = await this.#redis.get(this.#keys.penalties);
      const entries: [Slot, Penalty][] = text === null ? [] : JSON.parse(text);
      return new Map(entries);
    } catch {
      return undefined;
    }
  }

  savePenalties(penalties: ReadonlyMap<Slot, Penalty>): void {
    void this.#redis.set(this.#keys.penalties, JSON.stringify([...penalties])).catch(() => undefined);
  }
}

function holderUrl(said: unknown): string | undefined {
  if (typeof said !== "string") return undefined;
  const holder: unknown = JSON.parse(said);
  return holder !== null && typeof holder === "object" && "url" in holder ? String(holder.url) : undefined;
}
