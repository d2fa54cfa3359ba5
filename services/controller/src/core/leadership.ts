/** What the last try to take or renew the lease said. `unreachable`: the lease store did not answer. */
export type LeaseAnswer = "held" | "other" | "unreachable";

export type Leadership = {
  readonly role: "leader" | "passive";
  readonly answer: LeaseAnswer;
  /** When the question was sent that brought this answer, on a monotonic clock, in ms. */
  readonly askedAtMs: number;
};

export const beforeFirstTry: Leadership = {
  role: "passive",
  answer: "unreachable",
  askedAtMs: -Infinity,
};

/** How long a lease holds unless renewed, and how often it is renewed, in ms. */
export const leaseTtlMs = 2_000;
export const leaseRenewMs = 500;
/** A leader stops acting so long before its lease can end, in ms: clocks and calls take time. */
const safetyMs = 400;

/**
 * The role after one more answer. While the store is away nobody can take the lease, so the leader stays
 * leader and its workers go on; a passive controller stays passive.
 */
export function afterAnswer(before: Leadership, answer: LeaseAnswer, askedAtMs: number): Leadership {
  if (answer === "unreachable") return { role: before.role, answer, askedAtMs };
  return { role: answer === "held" ? "leader" : "passive", answer, askedAtMs };
}

/**
 * Whether a mutation may be sent at `nowMs`. A leader that was paused finds its last answer too old, whatever
 * it was, and asks first; one whose store is away may act, and two that act at once do no harm (the model
 * checker's claim).
 */
export function mayAct(l: Leadership, nowMs: number): boolean {
  return l.role === "leader" && nowMs - l.askedAtMs < leaseTtlMs - safetyMs;
}
