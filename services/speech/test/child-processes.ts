import { existsSync, readdirSync, readFileSync } from "node:fs";

type Process = {
  readonly pid: number;
  readonly name: string;
  readonly state: string;
  readonly parent: number;
};

/** Processes that this one started and that have not been waited for, those that have ended (zombies) among them; none where there is no /proc. */
export function childProcesses(): number[] {
  return children(process.pid).map(({ pid }) => pid);
}

/** Those of them that run this program, by the first 15 characters of its name. */
export function namedChildren(name: string, parent = process.pid): number[] {
  return children(parent)
    .filter((child) => child.name === name)
    .map(({ pid }) => pid);
}

/** Those that have ended and have not been waited for. */
export function zombies(parent = process.pid): number[] {
  return children(parent)
    .filter(({ state }) => state === "Z")
    .map(({ pid }) => pid);
}

function children(parent: number): Process[] {
  return (existsSync("/proc/self") ? readdirSync("/proc") : [])
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((pid) => processOf(Number(pid)))
    .filter((one) => one.parent === parent);
}

function processOf(pid: number): Process[] {
  try {
    // The program's name may hold blanks and parentheses; the fields behind it do not.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const end = stat.lastIndexOf(")");
    const [state = "", parent] = stat.slice(end + 2).split(" ");
    return [{ pid, name: stat.slice(stat.indexOf("(") + 1, end), state, parent: Number(parent) }];
  } catch {
    return [];
  }
}
