import type { ChildProcess } from "node:child_process";
import { setPriority } from "node:os";

/** Has a process that was just started give way to others: `niceness` is from 1 to 19, and its threads inherit it. */
export function lowerPriority({ pid }: Pick<ChildProcess, "pid">, niceness: number): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It has ended already, which its end says.
  }
}
