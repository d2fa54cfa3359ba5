import type { Call } from "../core/call.ts";
import type { Directory, Entry } from "../core/directory.ts";
import type { RouterConfig } from "./config.ts";
import type { Prepared } from "./enricher.ts";
import type { Lane, LaneMember } from "./lane.ts";
import type { RouterMetrics } from "./router-metrics.ts";
import type { TurnSender } from "./turn-sender.ts";
import type { Workers } from "./workers.ts";

/** What one exchange needs of the router around it. */
export type Desk = {
  readonly config: RouterConfig;
  readonly workers: Workers;
  readonly metrics: RouterMetrics;
  /** Undefined before the first snapshot. */
  readonly directory: Directory | undefined;
  /** How long the controller has been away, in ms; undefined while it is connected. */
  readonly awayMs: number | undefined;
  /** What makes the call's own body the one for a worker; undefined when it is that already. */
  preparation(
    call: Call,
    body: Uint8Array,
  ): ((requestId: string, signal: AbortSignal) => Promise<Prepared>) | undefined;
  /** Keeps a turn for its memories, some time. */
  keepTurn: TurnSender["keep"];
  laneOf(entry: Entry): Lane;
  /** Takes a place in a lane; `full` when too many requests wait. */
  enter(lane: Lane, member: LaneMember): "granted" | "waiting" | "full";
  /** The member is done, wherever it was. */
  leave(lane: Lane | undefined, member: LaneMember): void;
};
