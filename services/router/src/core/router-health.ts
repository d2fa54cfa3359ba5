import type { RouterHealth } from "@benchai/contract/health";
import type { Snapshot } from "@benchai/contract/models";

/** What the router has seen of the rest of the stack. Ages in ms. */
export type Seen = {
  readonly snapshot: Snapshot | undefined;
  readonly isConnected: boolean;
  readonly seenAgeMs: number | null;
  readonly isDraining: boolean;
  readonly chats: RouterHealth["chats"];
  /** Undefined when no knowledge service is configured. */
  readonly knowledge: KnowledgeSeen | undefined;
  /** Undefined when no speech service is configured. */
  readonly speech: SpeechSeen | undefined;
};

/** What the last look at the speech service told. */
export type SpeechSeen = { readonly tts: boolean; readonly reasons: readonly string[] };

/** What the last look at the knowledge service told. */
export type KnowledgeSeen = {
  readonly memory: boolean;
  readonly rag: boolean;
  readonly obsidian: boolean;
  /** Undefined when it could not be asked. */
  readonly extraction: boolean | undefined;
  readonly reasons: readonly string[];
};

const unusable: ReadonlySet<string> = new Set(["failed", "crash-loop", "invalid"]);

/** `GET /health`, from what was seen and nothing else. */
export function routerHealth(seen: Seen): RouterHealth {
  const reasons = healthReasons(seen);
  const { snapshot } = seen;
  const isDown = !snapshot || seen.isDraining;
  return {
    status: isDown ? "down" : reasons.length > 0 ? "degraded" : "ok",
    service: "benchai-router",
    features: featuresOf(seen),
    reasons: [...reasons],
    controller: {
      connected: seen.isConnected,
      role: snapshot?.status.role ?? null,
      seenAgeMs: seen.seenAgeMs,
    },
    chats: seen.chats,
    models: countStates(snapshot),
  };
}

function featuresOf(seen: Seen): RouterHealth["features"] {
  const { memory = false, rag = false, obsidian = false } = seen.knowledge ?? {};
  return { streaming: canStream(seen), memory, tts: seen.speech?.tts ?? false, rag, obsidian };
}

/** Why the router should get no requests now; empty when it should. */
export function unreadyReasons(seen: Seen): readonly string[] {
  if (seen.isDraining) return ["shutting down"];
  if (!seen.snapshot) return ["nothing was heard from the controller yet"];
  const hasReadyWorker = seen.snapshot.status.models.some((m) => m.state === "ready");
  return seen.isConnected || hasReadyWorker ? [] : ["the controller is away and no model is loaded"];
}

function healthReasons(seen: Seen): readonly string[] {
  const { snapshot } = seen;
  if (!snapshot) return unreadyReasons(seen);
  const { engine, config, models } = snapshot.status;
  return [
    ...(seen.isDraining ? ["shutting down"] : []),
    ...(seen.isConnected ? [] : ["the controller is away; models that are loaded go on"]),
    ...(engine.ok ? [] : [`engine: ${engine.message ?? "not usable"}`]),
    ...(config.ok ? [] : [`configuration: ${config.message ?? "not valid"}`]),
    ...(models.length > 0 ? [] : ["no model is installed"]),
    ...models
      .filter((m) => unusable.has(m.state))
      .map((m) => `model ${m.name} is ${m.state}${because(m.reason?.message)}`),
    ...unusedAssistants(snapshot),
    ...[seen.knowledge, seen.speech].flatMap((service) => service?.reasons ?? []),
  ];
}

/** Assistants that cannot answer: found files may take their names, and nothing need be there under their models' names. */
function unusedAssistants({ assistants = [], status }: Snapshot): readonly string[] {
  const names = new Set(status.models.flatMap((m) => [m.name, ...m.aliases]));
  return assistants.flatMap(({ name, model }) => {
    if (names.has(name)) return [`assistant ${name} is not used: a model has the same name`];
    return names.has(model) ? [] : [`assistant ${name} wants the model ${model}, which does not exist`];
  });
}

function because(message: string | undefined): string {
  return message === undefined ? "" : `: ${message}`;
}

/** Whether some model can be streamed from, loaded or not. */
function canStream({ snapshot, isDraining }: Seen): boolean {
  if (!snapshot || isDraining || !snapshot.status.engine.ok) return false;
  return snapshot.status.models.some((m) => !unusable.has(m.state));
}

function countStates(snapshot: Snapshot | undefined): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state } of snapshot?.status.models ?? []) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
