import type { AssistantConfig, Config, ModelConfig } from "./config-schema.ts";

/** Arguments of llama-server and whisper-server that are ours to give, or that would open the worker to what it must not do. */
const reservedFlags =
  /^(-m|--model|-mu|--model-url|-hf|-hfr|--hf-.*|-dr|--docker-repo|--host|--port|--reuse-port|--api-key|--api-key-file|-a|--alias|--tools|--tools-.*|-ag|--agent|--ui-mcp-proxy|--webui-mcp-proxy|--path|--ssl-.*|--slot-save-path|--log-file|--media-path|--models-.*|-np|--parallel|-c|--ctx-size|--request-path|--inference-path|--public|--convert|--tmp-dir)(=.*)?$/;

/** Tells of a problem at a path of the file. */
export type Say = (path: readonly (string | number)[], message: string) => void;

/** What a schema cannot say: what contradicts itself, and what is not the owner's to set. */
export function checkRules(config: Config, say: Say): void {
  const { models = {}, assistants = {}, owners = {} } = config;
  checkFlags(["defaults"], config.defaults?.flags, say);
  for (const [name, { flags }] of Object.entries(models)) checkFlags(["models", name], flags, say);
  const names = checkAliases(models, say);
  checkAssistants(assistants, names, say);
  checkOwners(owners, say);
}

function checkFlags(path: readonly string[], flags: readonly string[] | undefined, say: Say) {
  for (const [i, flag] of (flags ?? []).entries())
    // llama.cpp (common/arg.cpp) reads `_` in a long option as `-`.
    if (reservedFlags.test(flag.replaceAll("_", "-")))
      say(
        [...path, "flags", i],
        `${flag} cannot be set here; use the settings context, parallel and file, the rest is the controller's`,
      );
}

function checkAliases(models: Readonly<Record<string, ModelConfig>>, say: Say): ReadonlyMap<string, string> {
  const owners = new Map(Object.keys(models).map((name) => [name, name]));
  for (const [name, { aliases = [] }] of Object.entries(models))
    for (const [i, alias] of aliases.entries()) {
      const owner = owners.get(alias);
      if (owner !== undefined)
        say(
          ["models", name, "aliases", i],
          `${alias} is already the name of ${owner}; a name leads to one model`,
        );
      owners.set(alias, name);
    }
  return owners;
}

/** `names` leads from every name and alias of a configured model to its name. */
function checkAssistants(
  assistants: Readonly<Record<string, AssistantConfig>>,
  names: ReadonlyMap<string, string>,
  say: Say,
): void {
  for (const [name, { model }] of Object.entries(assistants)) {
    const owner = names.get(name);
    if (owner !== undefined)
      say(["assistants", name], `${name} is already the name of the model ${owner}; choose another`);
    else if (Object.hasOwn(assistants, model))
      say(["assistants", name, "model"], `${model} is an assistant itself; name the model that answers`);
  }
}

const ownerName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

function checkOwners(owners: NonNullable<Config["owners"]>, say: Say): void {
  const holders = new Map<string, string>();
  for (const [name, { keys }] of Object.entries(owners)) {
    if (!ownerName.test(name))
      say(
        ["owners", name],
        "the name of an owner has 1 to 64 of a-z, 0-9, '.', '_' and '-', a letter or digit first",
      );
    for (const [i, key] of keys.entries()) {
      const holder = holders.get(key);
      if (holder !== undefined)
        say(["owners", name, "keys", i], `the same key is given to ${holder}; a key leads to one owner`);
      holders.set(key, name);
    }
  }
}
