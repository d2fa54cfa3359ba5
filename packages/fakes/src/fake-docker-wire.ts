import type { EngineEvent, FakeContainer } from "./fake-docker-containers.ts";

/** `filters` of the list and event calls: by name, any of these texts. */
export type Filters = Readonly<Record<string, readonly string[]>>;

export function readFilters(text: string | null): Filters {
  const filters: Filters = text ? JSON.parse(text) : {};
  return filters;
}

/** Labels all have to match, as `name` or `name=value`. */
export function hasLabels(c: FakeContainer, wanted: readonly string[] = []): boolean {
  const labels = new Map(Object.entries(c.body.Labels ?? {}));
  return wanted.every((w) => {
    const [name = "", ...value] = w.split("=");
    return value.length === 0 ? labels.has(name) : labels.get(name) === value.join("=");
  });
}

/** Whether an event passes: one of the types, one of the actions (`health_status` stands for both), all of the labels. */
export function passes({ action, container }: EngineEvent, { type, event, label }: Filters) {
  const kind = action.split(":")[0] ?? "";
  return (
    (!type || type.includes("container")) &&
    (!event || event.includes(action) || event.includes(kind)) &&
    hasLabels(container, label)
  );
}

export function eventJson({ action, container: c }: EngineEvent) {
  const nowMs = Date.now();
  return {
    status: action,
    id: c.id,
    from: c.body.Image,
    Type: "container",
    Action: action,
    Actor: { ID: c.id, Attributes: { ...c.body.Labels, image: c.body.Image, name: c.name } },
    scope: "local",
    time: Math.floor(nowMs / 1000),
    timeNano: nowMs * 1_000_000,
  };
}

/** One entry of `GET /containers/json`. */
export function listJson(c: FakeContainer) {
  return {
    Id: c.id,
    Names: [`/${c.name}`],
    Image: c.body.Image,
    Labels: c.body.Labels ?? {},
    State: c.status,
    Created: Math.floor(c.createdMs / 1000),
  };
}

/** `GET /containers/{id}/json`. An address is only there while the container runs. */
export function inspectJson(c: FakeContainer, address: string) {
  const isRunning = c.status === "running" || c.status === "paused";
  const network = c.body.HostConfig?.NetworkMode ?? "bridge";
  return {
    Id: c.id,
    Name: `/${c.name}`,
    Created: time(c.createdMs),
    State: {
      Status: c.status,
      Running: isRunning,
      Paused: c.status === "paused",
      Restarting: false,
      OOMKilled: c.isOomKilled,
      Dead: c.status === "dead",
      ExitCode: c.exitCode,
      Error: c.error,
      StartedAt: time(c.startedMs),
      FinishedAt: time(c.finishedMs),
      ...(c.health === "none" ? {} : { Health: { Status: c.health, FailingStreak: 0, Log: [] } }),
    },
    Config: { ...c.body, Labels: c.body.Labels ?? {} },
    HostConfig: c.body.HostConfig ?? {},
    NetworkSettings: { Networks: { [network]: { IPAddress: isRunning ? address : "" } } },
    Mounts: [],
  };
}

/** Go's zero time stands for "not yet". */
function time(ms: number): string {
  return ms === 0 ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString();
}

/** A log as the engine multiplexes it: per line 8 bytes of stream and length, then the text. */
export function logBytes(lines: readonly string[]): Buffer {
  return Buffer.concat(
    lines.map((line) => {
      const content = Buffer.from(`${line}\n`);
      const frame = Buffer.alloc(8);
      frame.writeUInt8(2, 0);
      frame.writeUInt32BE(content.length, 4);
      return Buffer.concat([frame, content]);
    }),
  );
}
