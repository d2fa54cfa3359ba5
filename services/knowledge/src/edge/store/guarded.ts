import Database from "better-sqlite3";

import { storageError } from "../../core/storage-failure.ts";

/** Runs `work`; a fault of the storage comes out as the `AppError` that names the file and the remedy. */
export function guard<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw meaningful(error, path);
  }
}

/** The same for what is awaited. */
export async function guardAsync<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw meaningful(error, path);
  }
}

/** A thread's functions, each guarded: for `serveThread(guarded(path, { … }))`. */
export function guarded<Api extends Readonly<Record<string, (argument: never) => unknown>>>(
  path: string,
  api: Api,
): Api {
  const entries = Object.entries(api).map(([name, call]) => [
    name,
    (argument: never) => guard(path, () => call(argument)),
  ]);
  // The same names with the same signatures.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries) as Api;
}

function meaningful(error: unknown, path: string): unknown {
  const fault = faultOf(error);
  return (fault && storageError(fault, path)) ?? error;
}

/** SQLite's errors and the system's. Whatever else has a `code` says nothing of the storage. */
function faultOf(error: unknown): { code: string; message: string } | undefined {
  if (error instanceof Database.SqliteError) return { code: error.code, message: error.message };
  const isSystem = error instanceof Error && "syscall" in error && "code" in error;
  return isSystem ? { code: String(error.code), message: error.message } : undefined;
}
