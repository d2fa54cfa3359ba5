/**
 * Explicit-state model checker over the real `plan()`. It explores every interleaving of N controllers (each acting
 * on a look that may be stale by the time it acts), workers that crash while loading and while running, health
 * flips, an engine that refuses creates and starts, penalties that run and end, dying controllers, and changes of
 * what is wanted (configuration, demand, residency: all of them are another list of workers here) that reach
 * controllers at different times.
 *
 * Safety: never two containers in a slot, never more memory in use than the budget, nothing planned against a
 * penalty. Liveness: from every state a settled one can be reached by fair steps alone.
 */
import { plan } from "../src/core/plan.ts";
import type { DesiredWorker, ObservedWorker, Plan, Step, World } from "../src/core/state.ts";
import { BoxOfContainers } from "./box.ts";

export type Planner = (world: World, limits: { loadDeadlineMs: number; stopGraceMs: number }) => Plan;

export type Model = {
  readonly controllers: number;
  /** What can be wanted; each controller reads one at a time. */
  readonly configs: readonly (readonly DesiredWorker[])[];
  readonly budgetMiB: number;
  readonly maxStates: number;
  /** With penalties, crashes and refusals cost one; without, the state space is smaller. */
  readonly hasPenalties?: boolean;
  /** The function to check; the real one unless a test seeds a bug. */
  readonly plan?: Planner;
};

/** One global state: what each controller last read, what runs, what each has yet to do, and who is in penalty. */
type Node = {
  readonly config: readonly number[];
  readonly box: readonly ObservedWorker[];
  readonly todo: readonly (readonly Step[])[];
  readonly penalised: readonly string[];
};
type Edge = { readonly by: string; readonly to: Node; readonly isFair: boolean };
type Origins = ReadonlyMap<string, { readonly key: string; readonly by: string } | undefined>;

export type Report = {
  readonly states: number;
  readonly transitions: number;
  /** The broken rule and the way to it; undefined when none was broken. */
  readonly violation?: string;
  readonly trace?: readonly string[];
  readonly cannotSettle: number;
};

const limits = { loadDeadlineMs: 1, stopGraceMs: 1 };

export function check(model: Model): Report {
  const start: Node = {
    config: Array.from({ length: model.controllers }, () => 0),
    box: [],
    todo: Array.from({ length: model.controllers }, () => []),
    penalised: [],
  };
  const cameFrom = new Map<string, { key: string; by: string } | undefined>([[keyOf(start), undefined]]);
  const fairInto = new Map<string, string[]>();
  const settled: string[] = [];
  const queue: [string, Node][] = [[keyOf(start), start]];
  let transitions = 0;
  for (let at = 0; at < queue.length; at++) {
    const [from, node] = queue[at] ?? [keyOf(start), start];
    queue[at] = [from, start];
    const violation = brokenRule(node, model);
    if (violation) {
      const trace = traceTo(from, cameFrom);
      return { states: cameFrom.size, transitions, violation, trace, cannotSettle: 0 };
    }
    if (isSettled(node, model)) settled.push(from);
    for (const edge of edges(node, model)) {
      transitions++;
      const to = keyOf(edge.to);
      if (edge.isFair) append(fairInto, to, from);
      if (cameFrom.has(to)) continue;
      if (cameFrom.size >= model.maxStates) throw new Error(`more than ${model.maxStates} states`);
      cameFrom.set(to, { key: from, by: edge.by });
      queue.push([to, edge.to]);
    }
  }
  const cannotSettle = cameFrom.size - backwards(settled, fairInto).size;
  return { states: cameFrom.size, transitions, cannotSettle };
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

function brokenRule(node: Node, model: Model): string | undefined {
  const slots = node.box.map((w) => w.slot);
  if (new Set(slots).size !== slots.length) return "two containers share a slot";
  const running = node.box.filter((w) => w.state === "running");
  const usedMiB = running.reduce((n, w) => n + w.memoryMiB, 0);
  if (usedMiB > model.budgetMiB) return `running workers need ${usedMiB} MiB of ${model.budgetMiB}`;
  for (const c of node.config.keys())
    for (const s of look(node, c, model).steps)
      if ((s.kind === "create" || s.kind === "start") && node.penalised.includes(s.slot))
        return `${s.kind} ${s.slot} is planned against its penalty`;
  return undefined;
}

function* edges(node: Node, model: Model): Generator<Edge> {
  for (const w of node.box) yield* accidents(node, w, model);
  for (const slot of node.penalised)
    yield {
      by: `the penalty of ${slot} ends`,
      to: { ...node, penalised: node.penalised.filter((p) => p !== slot) },
      isFair: true,
    };
  for (let c = 0; c < model.controllers; c++) yield* moves(node, c, model);
}

function* accidents(node: Node, w: ObservedWorker, model: Model): Generator<Edge> {
  if (w.state !== "running") return;
  const become = (change: Partial<ObservedWorker>): Node => ({
    ...node,
    box: node.box.map((x) => (x === w ? { ...w, ...change } : x)),
  });
  const dead = become({ state: "exited", health: "starting" });
  yield { by: `${w.slot} ends`, to: dead, isFair: false };
  if (model.hasPenalties) yield { by: `${w.slot} crashes`, to: withPenalty(dead, w.slot), isFair: false };
  if (w.health === "starting")
    yield { by: `${w.slot} becomes healthy`, to: become({ health: "healthy" }), isFair: true };
  if (w.health === "healthy")
    yield { by: `${w.slot} becomes unhealthy`, to: become({ health: "unhealthy" }), isFair: false };
}

function withPenalty(node: Node, slot: string): Node {
  return { ...node, penalised: [...new Set([...node.penalised, slot])].toSorted() };
}

function* moves(node: Node, c: number, model: Model): Generator<Edge> {
  const [head, ...rest] = node.todo[c] ?? [];
  if (head) {
    yield* acts(node, c, head, rest, model);
    return;
  }
  for (const i of model.configs.keys()) {
    // Agreeing with the other controllers counts as fair; drifting apart does not.
    if (i === node.config[c]) continue;
    const to = { ...node, config: node.config.with(c, i) };
    yield { by: `c${c} reads config ${i}`, to, isFair: i === node.config[0] };
  }
  const { steps } = look(node, c, model);
  if (steps.length === 0) return;
  yield {
    by: `c${c} looks: ${steps.map((s) => `${s.kind} ${s.slot}`).join(", ")}`,
    to: { ...node, todo: node.todo.with(c, steps) },
    isFair: true,
  };
}

function* acts(node: Node, c: number, step: Step, rest: readonly Step[], model: Model): Generator<Edge> {
  const box = BoxOfContainers.of(node.box, (slot) => freshId(slot, node));
  box.apply(step, 0);
  const todo = node.todo.with(c, rest);
  const by = `c${c}: ${step.kind} ${step.slot}`;
  yield { by, to: { ...node, box: box.list(), todo }, isFair: true };
  yield { by: `c${c} dies`, to: { ...node, todo: node.todo.with(c, []) }, isFair: false };
  if (model.hasPenalties && (step.kind === "create" || step.kind === "start"))
    yield { by: `${by}, refused`, to: withPenalty({ ...node, todo }, step.slot), isFair: false };
}

function look(node: Node, c: number, model: Model): Plan {
  return (model.plan ?? plan)(
    {
      desired: model.configs[node.config[c] ?? 0] ?? [],
      observed: node.box,
      penalties: new Map(node.penalised.map((slot) => [slot, { retryAtMs: 1 }])),
      memoryBudgetMiB: model.budgetMiB,
      nowMs: 0,
    },
    limits,
  );
}

function isSettled(node: Node, model: Model): boolean {
  return (
    node.config.every((i) => i === node.config[0]) &&
    node.todo.every((t) => t.length === 0) &&
    node.penalised.length === 0 &&
    node.box.every((w) => w.health === "healthy") &&
    look(node, 0, model).steps.length === 0
  );
}

/** Docker never reuses an id; within one state it is enough that a new id differs from every id in sight. */
function freshId(slot: string, node: Node): string {
  const ids = idsInSight(node, slot);
  return `${slot}#${Math.max(0, ...ids.map((id) => Number(id.split("#")[1]))) + 1}`;
}

function idsInSight(node: Node, slot: string): string[] {
  const inBox = node.box.filter((w) => w.slot === slot).map((w) => w.containerId);
  const inTodo = node.todo
    .flat()
    .flatMap((s) => (s.slot === slot && s.kind !== "create" ? [s.containerId] : []));
  return [...new Set([...inBox, ...inTodo])].toSorted();
}

/** Ids are renamed by rank, so that states that differ only in how high the counter went are one state. */
function keyOf(node: Node): string {
  const rank = (slot: string, id: string) => idsInSight(node, slot).indexOf(id);
  const box = node.box
    .map((w) => `${w.slot}${rank(w.slot, w.containerId)}${w.specHash}${w.state}${w.health}`)
    .toSorted();
  const step = (s: Step) =>
    s.kind === "create"
      ? `create${s.slot}${s.desired.specHash}${s.desired.memoryMiB}`
      : `${s.kind}${s.slot}${rank(s.slot, s.containerId)}`;
  const todo = node.todo.map((t) => t.map(step).join());
  return `${node.config.join()}|${box.join()}|${todo.join(";")}|${node.penalised.join()}`;
}

function backwards(goals: readonly string[], into: ReadonlyMap<string, string[]>): Set<string> {
  const seen = new Set(goals);
  const queue = [...goals];
  for (let k = queue.pop(); k !== undefined; k = queue.pop())
    for (const before of into.get(k) ?? []) {
      if (seen.has(before)) continue;
      seen.add(before);
      queue.push(before);
    }
  return seen;
}

function traceTo(key: string, cameFrom: Origins): string[] {
  const out: string[] = [];
  for (let at = cameFrom.get(key); at; at = cameFrom.get(at.key)) out.unshift(at.by);
  return out;
}
