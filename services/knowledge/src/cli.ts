import { once } from "node:events";
import { join } from "node:path";

import { Type } from "typebox";

import { AppError } from "@benchai/contract/errors";
import { readConfig } from "@benchai/kernel/config";

import { backUp } from "./edge/store/backup.ts";
import { evalCommand, evalUsage } from "./eval-command.ts";
import { dataFiles } from "./edge/store/data-folder.ts";
import { deleteReplaced, restore } from "./edge/store/restore.ts";
import { type BackupReceipt, deleteBackup, receiptOf, storedBackups } from "./edge/store/stored-backups.ts";

/** One command of `node cli.ts COMMAND [ARGUMENT…]`; `./benchai` runs them in the service's container. */
type Command = {
  readonly usage: string;
  run(args: readonly string[], dataDir: string): Promise<void>;
};

const commands = {
  backup: { usage: "backup [--prune]", run: backupCommand },
  backups: { usage: "backups", run: listCommand },
  restore: { usage: "restore NAME | -", run: restoreCommand },
  eval: { usage: evalUsage, run: async (args, dataDir) => say(await evalCommand(args, dataDir)) },
} as const satisfies Record<string, Command>;

const Env = Type.Object({ DATA_DIR: Type.String({ default: "/var/lib/benchai/knowledge" }) });

/** Makes a verified backup beside the running service; with `--prune` it becomes the only copy of the past. */
async function backupCommand(args: readonly string[], dataDir: string): Promise<void> {
  const { database, backups } = dataFiles(dataDir);
  const prune = args.includes("--prune");
  if (args.some((arg) => arg !== "--prune")) throw usage("backup");
  const receipt = await backUp({ database, folder: backups, nowMs: Date.now() });
  await say(receiptLines(backups, receipt));
  if (!prune) return;
  const old = storedBackups(backups).filter(({ name }) => name !== receipt.name);
  for (const { name } of old) deleteBackup(backups, name);
  const gone = [...old.map(({ name }) => name), ...deleteReplaced(dataDir)];
  await say(gone.map((name) => `deleted ${name}`));
}

/** `NAME BYTES verified` or `NAME - unverified`, the newest first. */
async function listCommand(args: readonly string[], dataDir: string): Promise<void> {
  if (args.length > 0) throw usage("backups");
  const { backups } = dataFiles(dataDir);
  const newestFirst = storedBackups(backups).toSorted((a, b) => b.madeMs - a.madeMs);
  await say(
    newestFirst.map(({ name }) => {
      const receipt = receiptOf(backups, name);
      return receipt ? `${name} ${receipt.sizeBytes} verified` : `${name} - unverified`;
    }),
  );
}

/** Only while the service is stopped. `-` reads the file from stdin. */
async function restoreCommand(args: readonly string[], dataDir: string): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || rest.length > 0) throw usage("restore");
  const source = name === "-" ? { bytes: process.stdin } : { name };
  const { rows, replaced } = await restore(dataDir, source, Date.now());
  await say([`rows ${countsText(rows)}`, ...(replaced === undefined ? [] : [`replaced ${replaced}`])]);
}

function receiptLines(folder: string, receipt: BackupReceipt): readonly string[] {
  return [
    `name ${receipt.name}`,
    `path ${join(folder, receipt.name)}`,
    `bytes ${receipt.sizeBytes}`,
    `rows ${countsText(receipt.rows)}`,
    `sha256 ${receipt.sha256}`,
  ];
}

/** The tables that an owner knows. */
function countsText(rows: Readonly<Record<string, number>>): string {
  const known = ["memories", "collections", "documents", "chunks", "files"];
  return known.map((table) => `${table}=${rows[table] ?? 0}`).join(" ");
}

function usage(name: keyof typeof commands): AppError {
  return new AppError("invalid_request", `usage: ${commands[name].usage}`);
}

async function say(lines: readonly string[]): Promise<void> {
  for (const line of lines) if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
}

function isCommand(name: string): name is keyof typeof commands {
  return Object.hasOwn(commands, name);
}

async function main(): Promise<void> {
  const [name = "", ...args] = process.argv.slice(2);
  if (!isCommand(name))
    throw new AppError(
      "invalid_request",
      `usage: ${Object.values(commands)
        .map((command) => command.usage)
        .join("; ")}`,
    );
  await commands[name].run(args, readConfig(Env, process.env).DATA_DIR);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof AppError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
