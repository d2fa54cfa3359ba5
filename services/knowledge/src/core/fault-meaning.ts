import type { ErrorCode } from "@benchai/contract/errors";

/** The parts of a SQLite or system error that say what happened; `code` is such as `SQLITE_IOERR_WRITE` or `ENOSPC`. */
export type StorageFault = { readonly code: string; readonly message: string };

/** What a fault of a disk or a file means to a caller: the code, a sentence with what to do, and when to try again. */
export type FaultMeaning = { readonly code: ErrorCode; readonly what: string; readonly retryAfterS?: number };

/** Meanings by a whole code, or by its beginning up to an underscore (`SQLITE_IOERR` stands for all of `SQLITE_IOERR_*`). */
export type FaultMeanings = Readonly<Record<string, FaultMeaning>>;

/** The meaning of a fault's code, by the longest name that stands for it; undefined when none does. */
export function meaningOf(meanings: FaultMeanings, code: string): FaultMeaning | undefined {
  for (let name = code; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf("_"))))
    if (Object.hasOwn(meanings, name)) return meanings[name];
  return undefined;
}
