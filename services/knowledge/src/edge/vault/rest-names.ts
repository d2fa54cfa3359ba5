import { AppError } from "@benchai/contract/errors";

import { assertNewNames } from "../../core/vault/path-rules.ts";
import { foldPath } from "../../core/vault/vault-names.ts";
import { alreadyThere } from "./conditions.ts";

/**
 * Throws when a file cannot be made at a path: `invalid_request` for a name that no new file or folder may have, or when a
 * file is where it needs a folder; `conflict` when something is there, or something whose name differs only in case,
 * which some systems cannot tell apart. Folders among `others` have a slash at their end.
 */
export function assertNewFile(path: string, others: readonly string[]): void {
  const wanted = path.split("/");
  const ways = others.map((other) => {
    const parts = other.normalize("NFC").split("/");
    return { other, parts, parting: parts.findIndex((part, i) => part !== wanted[i]) };
  });
  const foldersThere = ways.reduce((most, { parting }) => Math.max(most, parting), 0);
  assertNewNames(path, wanted.length - foldersThere);
  for (const { other, parts, parting } of ways) {
    if (parting === -1 && parts.length === wanted.length) throw alreadyThere(path);
    if (parting === -1) throw refused(path, `${other} is no folder`);
    const [mine, theirs] = [wanted[parting] ?? "", parts[parting] ?? ""];
    if (theirs !== "" && foldPath(mine) === foldPath(theirs)) throw differsInCase(path, theirs);
  }
}

function differsInCase(path: string, other: string): AppError {
  return new AppError(
    "conflict",
    `${JSON.stringify(path)} differs only in case from ${JSON.stringify(other)}, which is there already; use that name, or another one`,
    { param: "path" },
  );
}

function refused(path: string, why: string): AppError {
  return new AppError("invalid_request", `${JSON.stringify(path)} leads nowhere: ${why}`, { param: "path" });
}
