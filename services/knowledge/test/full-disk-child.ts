import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readConfig } from "@benchai/kernel/config";
import { createLogger } from "@benchai/kernel/log";

import { KnowledgeConfig } from "../src/edge/config.ts";
import { startKnowledge } from "../src/knowledge.ts";

/**
 * A service on a small disk that fills up and gets room again: says what its API answered to writes, and what `/readyz` said of
 * them meanwhile.
 */
const [disk = ""] = process.argv.slice(2);
const ballast = join(disk, "ballast");
writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
const env = { PORT: "0", DATA_DIR: join(disk, "data"), DOCUMENTS_ROOT: disk, BACKUP_EVERY_H: "0" };
// Nobody listens there: jobs wait, and no vectors are written in the background.
const away = {
  VALKEY_HOST: "127.0.0.1",
  VALKEY_PORT: "1",
  ROUTER_URL: "http://127.0.0.1:1",
  EMBED_MODEL: "away",
};
const config = readConfig(KnowledgeConfig, { ...env, ...away });
const { port } = await startKnowledge(config, createLogger("test", "silent"), (error) => {
  throw error;
});
const url = `http://127.0.0.1:${port}`;

async function add(content: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/memory/add`, {
    method: "POST",
    headers,
    body: JSON.stringify({ content }),
  });
  return answer.status;
}

async function writeReasons(): Promise<string[]> {
  const { reasons } = (await (await fetch(`${url}/readyz`)).json()) as { reasons: string[] };
  return reasons.filter((reason) => reason.startsWith("writes fail"));
}

async function fillUp(): Promise<number> {
  for (let i = 0; ; i += 1) {
    const status = await add(`kettle ${i} ${"stands in the harbour ".repeat(150)}`);
    if (status !== 200) return status;
  }
}

const first = await add("the kettle was there from the beginning");
const before = await writeReasons();
const refusal = await fillUp();
const full = await writeReasons();
const duplicate = await add("the kettle was there from the beginning");
const stillFull = await writeReasons();
rmSync(ballast);
const afterwards = await add("there is room again for the kettle");
const freed = await writeReasons();
process.stdout.write(
  `${JSON.stringify({ first, before, refusal, full, duplicate, stillFull, afterwards, freed })}\n`,
);
process.exit(0);
