import type { ModelDemand } from "@benchai/contract/demand";

import { type Asker, demandOf } from "../core/demand-of.ts";
import { Turns } from "../core/turns.ts";

/** A request in a lane. */
export type LaneMember = Asker & {
  /** The lane gives it its turn. */
  onTurn(): void;
};

/** How new durations weigh in the running mean. */
const meanWeight = 0.2;

/** Everybody who wants one model: who holds a turn, who waits, and what that adds up to. */
export class Lane {
  readonly model: string;
  /** The model's name as a header may carry it: percent-encoded where it is not printable ASCII. */
  readonly headerName: string;
  readonly #turns: Turns<LaneMember>;
  #size = 0;
  #wasUsed = false;
  #meanMs = 1_000;

  constructor(model: string, capacity: number, maxWaiting: number) {
    this.model = model;
    this.headerName = model.replaceAll(/[^\x20-\x7e]+/gu, encodeURIComponent);
    this.#turns = new Turns(capacity, maxWaiting);
  }

  /** How many are in the lane, at the worker or waiting. */
  get size(): number {
    return this.#size;
  }

  enter(member: LaneMember): "granted" | "waiting" | "full" {
    const place = this.#turns.enter(member);
    if (place !== "full") this.#size += 1;
    return place;
  }

  /** A member goes to the worker. */
  noteSent(): void {
    this.#wasUsed = true;
  }

  /** The member, which is in the lane, is done. */
  leave(member: LaneMember): void {
    this.#size -= 1;
    this.#turns.leave(member);
    this.#grant();
  }

  resize(capacity: number): void {
    this.#turns.resize(capacity);
    this.#grant();
  }

  /** Takes note of how long an answer took, for `retryAfterS`. */
  noteDuration(ms: number): void {
    this.#meanMs += (ms - this.#meanMs) * meanWeight;
  }

  /** When somebody who found the lane full may find room, in s. */
  get retryAfterS(): number {
    const turnMs = this.#meanMs / Math.max(1, this.#turns.held);
    return Math.min(60, Math.max(1, Math.ceil(turnMs / 1_000)));
  }

  /**
   * What to report of the lane's members; undefined when nobody wants the model. A use that came and went since the last report
   * counts as one, so that a model in steady use by short calls never looks idle.
   */
  takeDemand(members: readonly Asker[], nowMs: number): ModelDemand | undefined {
    const wasUsed = this.#wasUsed;
    this.#wasUsed = false;
    if (members.length > 0) return demandOf(members, nowMs);
    return wasUsed ? { inFlight: 1, queued: 0, oldestWaitMs: 0 } : undefined;
  }

  #grant(): void {
    for (const member of this.#turns.grant()) member.onTurn();
  }
}
