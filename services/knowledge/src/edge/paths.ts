import { realpathSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";

import { codeOf, isGone } from "./file-stamp.ts";

/**
 * The place of `name` inside `root`, seen to be there (SECURITY D1). Links are followed nowhere below the root: a path
 * that is not spelled as the system itself spells it is refused, which also settles `..`, other cases and other
 * Unicode forms. 404 for what is missing or leads elsewhere; `storage_unavailable` when the root itself is away.
 */
export async function resolveInside(root: string, name: string): Promise<string> {
  assertRelative(name);
  const realRoot = await realpath(root).catch((error: unknown) => {
    throw folderAway(root, error);
  });
  const wanted = join(realRoot, name);
  const real = await realpath(wanted).catch((error: unknown) => undefinedWhenGone(wanted, error));
  return seenThere(name, wanted, real);
}

/** The same for a thread that has nothing else to do. */
export function resolveInsideSync(root: string, name: string): string {
  assertRelative(name);
  const realRoot = attempt(
    () => realpathSync.native(root),
    (error) => {
      throw folderAway(root, error);
    },
  );
  const wanted = join(realRoot, name);
  const real = attempt(
    () => realpathSync.native(wanted),
    (error) => undefinedWhenGone(wanted, error),
  );
  return seenThere(name, wanted, real);
}

function assertRelative(name: string): void {
  if (name.includes("\0") || name.startsWith("/") || name.split("/").includes(".."))
    throw new AppError("invalid_request", `${JSON.stringify(name)} is no path inside the folder`, {
      param: "path",
    });
}

function undefinedWhenGone(path: string, error: unknown): undefined {
  if (isGone(error, "ELOOP")) return undefined;
  throw folderAway(path, error);
}

function seenThere(name: string, wanted: string, real: string | undefined): string {
  // `join` leaves the slash at the end of `folder/`; `realpath` does not.
  if (real !== undefined && real === wanted.replace(/(?<=.)\/$/u, "")) return real;
  throw new AppError(
    "not_found",
    `there is no ${JSON.stringify(name)} in the documents folder (links are not followed)`,
    { param: "path" },
  );
}

function attempt<T, U>(work: () => T, otherwise: (error: unknown) => U): T | U {
  try {
    return work();
  } catch (error) {
    return otherwise(error);
  }
}

/** A folder that should be there and cannot be looked at: nothing is concluded from that. */
export function folderAway(path: string, cause: unknown): AppError {
  return new AppError(
    "storage_unavailable",
    `${path} cannot be looked at (${codeOf(cause)}); mount it readable for user 1000. What is indexed of it stays`,
    { cause },
  );
}
