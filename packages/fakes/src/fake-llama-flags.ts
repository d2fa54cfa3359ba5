import { type LlamaFaults, noFaults } from "./fake-llama-faults.ts";

/** What the fake understands of llama-server's command line, and its own `--fake-*` switches. */
export type LlamaFlags = {
  readonly host: string;
  readonly port: number;
  readonly model: string;
  readonly alias: string;
  readonly apiKey: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly faults: LlamaFaults;
};

const numberSwitches: Readonly<Record<string, (value: number) => Partial<LlamaFaults>>> = {
  "--fake-load-delay-ms": (loadDelayMs) => ({ loadDelayMs }),
  "--fake-bind-delay-ms": (bindDelayMs) => ({ bindDelayMs }),
  "--fake-crash-at-start": (crashAtStart) => ({ crashAtStart }),
  "--fake-crash-after-tokens": (crashAfterTokens) => ({ crashAfterTokens }),
  "--fake-stop-delay-ms": (stopDelayMs) => ({ stopDelayMs }),
  "--fake-tokens": (tokens) => ({ tokens }),
  "--fake-token-delay-ms": (tokenDelayMs) => ({ tokenDelayMs }),
  "--fake-first-token-delay-ms": (firstTokenDelayMs) => ({ firstTokenDelayMs }),
  "--fake-fail": (failStatus) => ({ failStatus }),
};

const shortNames: Readonly<Record<string, string>> = { "-m": "--model", "-a": "--alias" };

/**
 * Reads llama-server's flags; the ones it does not know are skipped, since their values never
 * start with `--`. The environment counts as llama-server has it (`LLAMA_ARG_HOST`, `LLAMA_API_KEY`, …).
 */
export function readLlamaFlags(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): LlamaFlags {
  const given = readGiven(argv);
  const read = (flag: string, variable: string) => given.get(flag) ?? env[variable];
  const model = read("--model", "LLAMA_ARG_MODEL") ?? "";
  return {
    host: read("--host", "LLAMA_ARG_HOST") ?? "127.0.0.1",
    port: Number(read("--port", "LLAMA_ARG_PORT") ?? 8080),
    model,
    alias: read("--alias", "LLAMA_ARG_ALIAS") ?? model,
    apiKey: read("--api-key", "LLAMA_API_KEY"),
    apiKeyFile: read("--api-key-file", "LLAMA_ARG_API_KEY_FILE"),
    faults: readFaults(given),
  };
}

function readGiven(argv: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (const [i, arg] of argv.entries()) {
    const [name = "", inline] = arg.split("=", 2);
    if (name.startsWith("-")) given.set(shortNames[name] ?? name, inline ?? argv[i + 1] ?? "");
  }
  return given;
}

function readFaults(given: ReadonlyMap<string, string>): LlamaFaults {
  const changes = [...given].map(([name, value]) => numberSwitches[name]?.(Number(value)));
  return Object.assign({}, noFaults, ...changes, given.has("--fake-hang") ? { isHung: true } : {});
}
