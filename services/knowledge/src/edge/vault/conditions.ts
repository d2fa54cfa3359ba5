import { AppError } from "@benchai/contract/errors";

import type { Condition } from "./vault.ts";

/**
 * Throws unless the note that is there is what the writer demands. `etag` is undefined when there is none. Whether
 * `any` will do for a note that is there depends on the change; see `assertReplaceable`.
 */
export function assertCondition(path: string, condition: Condition, etag: string | undefined): void {
  if (condition.kind === "absent" && etag !== undefined) throw alreadyThere(path);
  if (condition.kind === "match" && condition.etag !== etag) throw noteChanged(path, etag === undefined);
}

/** A whole note is only replaced by somebody who knows what they replace. */
export function assertReplaceable(path: string, condition: Condition, etag: string | undefined): void {
  if (condition.kind !== "any" || etag === undefined) return;
  throw new AppError(
    "precondition_required",
    `${JSON.stringify(path)} is there already; to replace all of it say which version you read (its etag)`,
    { param: "etag" },
  );
}

export function alreadyThere(path: string): AppError {
  return new AppError(
    "conflict",
    `${JSON.stringify(path)} is there already; read it and change it, or use another name`,
    { param: "path" },
  );
}

export function noteChanged(path: string, isGone: boolean): AppError {
  const what = isGone ? "is gone" : "is not what it was when you read it";
  return new AppError("note_changed", `${JSON.stringify(path)} ${what}; nothing was written. Read it again`, {
    param: "etag",
  });
}

/** After as many tries as there are. */
export function alwaysChanging(path: string): AppError {
  return new AppError(
    "note_changed",
    `another program goes on changing ${JSON.stringify(path)} or the notes that link to it; nothing was written. Try again when it has ended`,
    { retryAfterS: 1 },
  );
}

export function noSuchNote(path: string): AppError {
  return new AppError("not_found", `there is no ${JSON.stringify(path)} in the vault`, { param: "path" });
}
