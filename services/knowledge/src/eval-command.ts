import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

import { defaultOwner } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";
import { readConfig } from "@benchai/kernel/config";

import { KnowledgeConfig } from "./edge/config.ts";
import { dataFiles } from "./edge/store/data-folder.ts";
import { evaluate } from "./evaluate.ts";

export const evalUsage = "eval [--collection NAME] [--questions -] [--owner NAME] [--verbose]";

/** The report of an evaluation. `--questions -` reads the owner's questions from stdin. */
export async function evalCommand(args: readonly string[], dataDir: string): Promise<readonly string[]> {
  const { owner, collection, questions, verbose: isVerbose } = optionsOf(args);
  const given = questions === undefined ? undefined : await text(process.stdin);
  const config = readConfig(KnowledgeConfig, process.env);
  return evaluate(config, dataFiles(dataDir).database, { owner, collection, given, isVerbose });
}

function optionsOf(args: readonly string[]) {
  const options = {
    collection: { type: "string" },
    questions: { type: "string" },
    owner: { type: "string", default: defaultOwner },
    verbose: { type: "boolean", default: false },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.questions === undefined || values.questions === "-") return values;
    throw new Error("questions come through stdin");
  } catch (error) {
    throw new AppError("invalid_request", `usage: ${evalUsage}`, { cause: error });
  }
}
