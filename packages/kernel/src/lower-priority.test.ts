import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority } from "node:os";

import { expect, it } from "vitest";

import { lowerPriority } from "./lower-priority.ts";

it("makes a process nice, and one that interrupts nobody", async () => {
  const child = spawn("sleep", ["60"]);
  try {
    lowerPriority(child, 10);
    expect(getPriority(child.pid)).toBe(10);
    const policy = () => execFileSync("chrt", ["--pid", `${child.pid}`], { encoding: "utf8" });
    await expect.poll(policy).toMatch(/SCHED_BATCH/u);
  } finally {
    child.kill("SIGKILL");
  }
});

it("leaves alone what has ended, or never began", async () => {
  const child = spawn("true");
  await once(child, "close");
  expect(() => lowerPriority(child, 10)).not.toThrow();
  expect(() => lowerPriority({ pid: undefined }, 10)).not.toThrow();
});
