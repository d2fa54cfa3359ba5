import type { Logger } from "@benchai/kernel/log";

import type { Engine } from "./engine.ts";
import { startEspeak } from "./espeak.ts";

/** The engines that run, those preferred first. */
export type Engines = {
  readonly list: readonly Engine[];
  /** Why engines are missing. */
  problems(): readonly string[];
  close(): Promise<void>;
};

/** Starts every engine that can be; one that cannot is a problem, not an end. */
export async function startEngines(log: Logger): Promise<Engines> {
  const started = [await startEspeak()];
  const list = started.flatMap((one) => ("problem" in one ? [] : [one]));
  const problems = started.flatMap((one) => ("problem" in one ? [one.problem] : []));
  for (const problem of problems) log.warn({ problem }, "an engine cannot be started");
  return {
    list,
    problems: () => problems,
    close: async () => {
      await Promise.all(list.map((engine) => engine.close()));
    },
  };
}
