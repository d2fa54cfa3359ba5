import { realpath } from "node:fs/promises";
import { join } from "node:path";

import { AppError } from "@benchai/contract/errors";

/**
 * The place of `name` inside `root`, seen to be there (SECURITY D1). Links are followed nowhere below the root: a path
 * that is not spelled as the system itself spells it is refused, which also settles `..`, other cases and other
 * Unicode forms. 404 for what is missing or leads elsewhere; `storage_unavailable` when the root itself is away.
 */
export async function resolveInside(root: string, name: string): Promise<string> {
  if (name.includes("\0") || name.startsWith("/") || name.split("/").includes(".."))
    throw new AppError("invalid_request", `${JSON.stringify(name)} is no path inside the folder`, {
      param: "path",
    });
  const realRoot = await realpath(root).catch((error: unknown) => {
    throw folderAway(root, error);
  });
  const wanted = join(realRoot, name);
  const real = await realpath(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ELOOP") return undefined;
    throw folderAway(wanted, error);
  });
  // `join` leaves the slash at the end of `folder/`; `realpath` does not.
  if (real !== undefined && real === wanted.replace(/(?<=.)\/$/u, "")) return real;
  throw new AppError(
    "not_found",
    `there is no ${JSON.stringify(name)} in the documents folder (links are not followed)`,
    { param: "path" },
  );
}

/** A folder that should be there and cannot be looked at: nothing is concluded from that. */
export function folderAway(path: string, cause: unknown): AppError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
  return new AppError(
    "storage_unavailable",
    `${path} cannot be looked at (${code}); mount it readable for user 1000. What is indexed of it stays`,
    { cause },
  );
}
