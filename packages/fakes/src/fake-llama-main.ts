/**
 * A fake llama-server as a process: takes llama-server's flags and `--fake-*` switches.
 * `node fake-llama-main.ts --model m.gguf --host 0.0.0.0 --port 8080 --api-key-file F --fake-load-delay-ms 500`
 */
import { readFileSync } from "node:fs";

import { readLlamaFlags } from "./fake-llama-flags.ts";
import { startFakeLlama } from "./fake-llama.ts";

const flags = readLlamaFlags(process.argv.slice(2), process.env);
const { faults } = flags;

// Before any wait: a stop that comes while the socket is not bound yet must work as well.
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => setTimeout(() => process.exit(0), faults.stopDelayMs));

if (faults.crashAtStart !== undefined) {
  process.stderr.write(`error: failed to load model '${flags.model}' (fake crash at start)\n`);
  process.exit(faults.crashAtStart);
}

const fileKeys = flags.apiKeyFile ? readFileSync(flags.apiKeyFile, "utf8").split("\n") : [];
const apiKeys = [...fileKeys.map((k) => k.trim()), ...(flags.apiKey?.split(",") ?? [])].filter(
  (k) => k !== "",
);
await startFakeLlama({
  host: flags.host,
  port: flags.port,
  alias: flags.alias,
  apiKeys,
  faults,
  onCrash: () => {
    process.stderr.write("error: fake crash while running\n");
    process.exit(139);
  },
});
process.stdout.write(`fake llama-server listens on ${flags.host}:${flags.port}\n`);
