import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Processes that this one started and that have not been waited for, those that have ended (zombies) among them; none where there is no /proc. */
export function childProcesses(): number[] {
  return (existsSync("/proc/self") ? readdirSync("/proc") : [])
    .map(Number)
    .filter((pid) => pid > 0 && parentOf(pid) === process.pid);
}

/** How a process was called; empty when it has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // The program's name may hold blanks and parentheses; the fields behind it do not.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
