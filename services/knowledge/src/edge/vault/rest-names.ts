import { AppError } from "@benchai/contract/errors";

import { foldPath } from "../../core/vault/vault-names.ts";
import { alreadyThere } from "./conditions.ts";

/**
 * Throws when a new file cannot have a path: `conflict` when something is there, or something whose name differs only in
 * case, which some systems cannot tell apart; `invalid_request` when a file is where it needs a folder. Folders among
 * `others` have a slash at their end.
 */
export function assertNoClash(path: string, others: readonly string[]): void {
  const wanted = path.split("/");
  for (const other of others) {
    const parts = other.normalize("NFC").split("/");
    const at = parts.findIndex((part, i) => part !== wanted[i]);
    if (at === -1 && parts.length === wanted.length) throw alreadyThere(path);
    if (at === -1) throw refused(path, `${other} is no folder`);
    const [mine, theirs] = [wanted[at] ?? "", parts[at] ?? ""];
    if (theirs !== "" && foldPath(mine) === foldPath(theirs))
      throw new AppError(
        "conflict",
        `${JSON.stringify(path)} differs only in case from ${JSON.stringify(theirs)}, which is there already; use that name, or another one`,
        { param: "path" },
      );
  }
}

function refused(path: string, why: string): AppError {
  return new AppError("invalid_request", `${JSON.stringify(path)} leads nowhere: ${why}`, { param: "path" });
}
