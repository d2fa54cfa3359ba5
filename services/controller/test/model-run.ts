/** `npm run model-check [-- --states N]`: the model checker with larger bounds than the unit tests use. */
import { parseArgs } from "node:util";

import { check, type Model } from "./model-check.ts";

const { values } = parseArgs({ options: { states: { type: "string", default: "4000000" } } });
const maxStates = Number(values.states);

const w = (slot: string, specHash: string, memoryMiB: number) => ({ slot, specHash, memoryMiB });
const configs = [[w("a", "v1", 6), w("b", "v1", 3)], [w("a", "v2", 6)], [w("c", "v1", 8)], []];
const models: Readonly<Record<string, Omit<Model, "budgetMiB" | "maxStates">>> = {
  "one controller, four configurations, penalties": {
    controllers: 1,
    configs,
    hasPenalties: true,
  },
  "two controllers, three configurations": { controllers: 2, configs: configs.slice(0, 3) },
  "two controllers, two configurations, penalties": {
    controllers: 2,
    configs: configs.slice(1, 3),
    hasPenalties: true,
  },
};

for (const [name, model] of Object.entries(models)) {
  const startMs = performance.now();
  const { trace = [], ...report } = check({ ...model, budgetMiB: 10, maxStates });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${JSON.stringify(report)} in ${seconds} s\n`);
  for (const by of trace) process.stdout.write(`  ${by}\n`);
  if (report.violation !== undefined || report.cannotSettle > 0) process.exitCode = 1;
}
