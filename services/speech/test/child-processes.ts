import { existsSync, readdirSync, readFileSync } from "node:fs";

type Process = { readonly pid: number; readonly name: string; readonly state: string };

/** Processes that this one started and that have not been waited for, those that have ended (zombies) among them; none where there is no /proc. */
export function childProcesses(): number[] {
  return childrenOf(process.pid);
}

/** The same of another process; quick, since the kernel knows them (Linux `CONFIG_PROC_CHILDREN`). */
export function childrenOf(pid: number): number[] {
  if (!existsSync(`/proc/${pid}/task`)) return [];
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const list = textOf(`/proc/${pid}/task/${thread}/children`);
    return list
      .split(" ")
      .filter((each) => each !== "")
      .map(Number);
  });
}

/** Those that run this program, by the first 15 characters of its name. */
export function namedChildren(name: string, parent = process.pid): number[] {
  return processesOf(parent).flatMap((each) => (each.name === name ? [each.pid] : []));
}

/** Those that have ended and have not been waited for. */
export function zombies(parent = process.pid): number[] {
  return processesOf(parent).flatMap(({ state, pid }) => (state === "Z" ? [pid] : []));
}

function processesOf(parent: number): Process[] {
  return childrenOf(parent).map((pid) => {
    // The program's name may hold blanks and parentheses; the fields behind it do not.
    const stat = textOf(`/proc/${pid}/stat`);
    const end = stat.lastIndexOf(")");
    return { pid, name: stat.slice(stat.indexOf("(") + 1, end), state: stat.charAt(end + 2) };
  });
}

/** How a process was called; empty when it has ended. */
export function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

/** A process's time so far, of all its threads, in hundredths of a second (proc(5)); 0 when it has ended. */
export function ticksOf(pid: number): number {
  const stat = textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** "" for a process that is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
