import { AppError } from "@benchai/contract/errors";

import { type FaultMeaning, type FaultMeanings, meaningOf, type StorageFault } from "./fault-meaning.ts";

const full: FaultMeaning = {
  code: "storage_full",
  what: "the disk that holds it is full; nothing was written. Free some space (./benchai doctor shows how much is left); reading goes on",
};
const readOnly: FaultMeaning = {
  code: "storage_unavailable",
  what: "it cannot be written: it is read-only, or the rights of its folder forbid it. Mount it writable for user 1000; reading goes on",
};
const broken: FaultMeaning = {
  code: "storage_unavailable",
  what: "the disk failed to read or write it. Look at the disk and the kernel's log (dmesg), then restart the service; ./benchai backup saves what is readable",
};
const damaged: FaultMeaning = {
  code: "storage_corrupt",
  what: "it is damaged. It is kept as it is; ./benchai restore lists the backups and brings one back",
};
const missing: FaultMeaning = {
  code: "storage_unavailable",
  what: "it cannot be opened: the folder is missing, or its rights forbid it. Mount the volume, writable for user 1000",
};
const busy: FaultMeaning = {
  code: "storage_unavailable",
  what: "another program holds it. Only one service may use a data folder: stop the other one",
  retryAfterS: 2,
};

const meanings: FaultMeanings = {
  SQLITE_FULL: full,
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  SQLITE_READONLY: readOnly,
  SQLITE_PERM: readOnly,
  EROFS: readOnly,
  EACCES: readOnly,
  EPERM: readOnly,
  SQLITE_IOERR: broken,
  EIO: broken,
  SQLITE_CORRUPT: damaged,
  SQLITE_NOTADB: damaged,
  SQLITE_CANTOPEN: missing,
  ENOENT: missing,
  ENOTDIR: missing,
  SQLITE_BUSY: busy,
  SQLITE_LOCKED: busy,
};

/**
 * What a fault of the database means to a caller; undefined for what is no fault of the storage (a broken
 * constraint, a mistake in SQL), which stays the error that it is.
 */
export function storageError(fault: StorageFault, path: string): AppError | undefined {
  const meaning = meaningOf(meanings, fault.code);
  if (!meaning) return undefined;
  const { code, what, retryAfterS } = meaning;
  return new AppError(code, `${path}: ${what} (${fault.code}: ${fault.message})`, {
    cause: fault,
    retryAfterS,
  });
}
