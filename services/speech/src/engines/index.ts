import type { Logger } from "@benchai/kernel/log";

import type { Engine } from "./engine.ts";
import { startEspeak } from "./espeak.ts";
import { startSherpa } from "./sherpa.ts";

export type EngineSettings = { readonly voicesDir: string; readonly log: Logger };

/** The engines that run, those preferred first. */
export type Engines = {
  readonly list: readonly Engine[];
  /** Why engines or voices are missing. */
  problems(): readonly string[];
  /** Looks for voices that came or went. */
  refresh(): Promise<void>;
  close(): Promise<void>;
};

/** Starts every engine that can be; one that cannot is a problem, not an end. What sounds best comes first, what always works, last. */
export async function startEngines({ voicesDir, log }: EngineSettings): Promise<Engines> {
  const espeak = await startEspeak();
  const systemRules = "problem" in espeak ? undefined : espeak.rulesDir;
  const sherpa = await startSherpa({ voicesDir, systemRules });
  const started = [sherpa, espeak];
  const list = started.flatMap((one) => ("problem" in one ? [] : [one]));
  const missing = started.flatMap((one) => ("problem" in one ? [one.problem] : []));
  for (const problem of missing) log.warn({ problem }, "an engine cannot be started");
  return {
    list,
    problems: () => ["problem" in sherpa ? [] : sherpa.problems(), missing].flat(),
    refresh: async () => ("problem" in sherpa ? undefined : sherpa.refresh()),
    close: async () => {
      await Promise.all(list.map((engine) => engine.close()));
    },
  };
}
