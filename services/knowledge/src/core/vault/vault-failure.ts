import { AppError } from "@benchai/contract/errors";

import { type FaultMeaning, type FaultMeanings, meaningOf, type StorageFault } from "../fault-meaning.ts";

const full: FaultMeaning = {
  code: "storage_full",
  what: "the disk that holds it is full; nothing was changed. Free some space; reading goes on",
};
const readOnly: FaultMeaning = {
  code: "vault_read_only",
  what: "it is mounted read-only; nothing was changed. Set OBSIDIAN_ACCESS=rw in .env, and run ./benchai up",
};
const forbidden: FaultMeaning = {
  code: "storage_unavailable",
  what: "its rights forbid that to user 1000, whom the service runs as; nothing was changed. Give that user the rights to the vault's folders and files",
};
const tooLong: FaultMeaning = {
  code: "invalid_request",
  what: "its file system takes no name as long as this",
};
const otherDisk: FaultMeaning = {
  code: "storage_unavailable",
  what: "the two folders lie on different disks, so nothing was moved. Move the file by hand",
};
const moved: FaultMeaning = {
  code: "storage_unavailable",
  what: "a file or folder of it went away or changed at this moment. Try again",
  retryAfterS: 1,
};
const broken: FaultMeaning = {
  code: "storage_unavailable",
  what: "it cannot be reached, or its disk fails. Look at the mount and the kernel's log (dmesg)",
  retryAfterS: 5,
};

const meanings: FaultMeanings = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EROFS: readOnly,
  EACCES: forbidden,
  EPERM: forbidden,
  ENAMETOOLONG: tooLong,
  EXDEV: otherDisk,
  ENOENT: moved,
  ENOTDIR: moved,
  ENOTEMPTY: moved,
  EEXIST: moved,
  ELOOP: moved,
};

/** What a system's error on a vault's files means to a caller; whatever is not known is a fault of the disk or mount. */
export function vaultFailure(fault: StorageFault): AppError {
  const { code, what, retryAfterS } = meaningOf(meanings, fault.code) ?? broken;
  return new AppError(code, `the vault: ${what} (${fault.message})`, { cause: fault, retryAfterS });
}

/** The refusal of every change to a vault that may only be read. */
export function readOnlyVault(): AppError {
  return new AppError(
    "vault_read_only",
    "this vault is only read. To let it be changed set OBSIDIAN_ACCESS=rw in .env, and run ./benchai up",
  );
}
