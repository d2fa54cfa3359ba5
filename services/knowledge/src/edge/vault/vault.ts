import type { NotePatch } from "../../core/vault/note-patch.ts";

/** A file of a vault. `path` is relative to the vault, with forward slashes, `.md` included, in NFC. */
export type VaultFile = { readonly path: string; readonly sizeBytes: number; readonly mtimeMs: number };

/** `text` is the note as stored, line ends and byte order mark included; `etag` is the SHA-256 of its bytes in hex. */
export type VaultNote = VaultFile & { readonly text: string; readonly etag: string };

/** What a writer demands of the note that is there. */
export type Condition =
  /** It is the one that was read; else `note_changed`. */
  | { readonly kind: "match"; readonly etag: string }
  /** There is none; else `conflict`. */
  | { readonly kind: "absent" }
  /** Whatever is there: only for changes that lose nothing (an append, a patch of one part). */
  | { readonly kind: "any" };

export type Written = { readonly path: string; readonly etag: string; readonly isNew: boolean };

/** Where a note went that was deleted: the vault's own trash. */
export type Trashed = { readonly trashPath: string };

/** `updated`: the other notes whose links were rewritten. */
export type Renamed = Written & { readonly updated: readonly string[] };

/**
 * A vault, wherever it is: a mounted folder, or Obsidian's Local REST API on another machine. Every adapter passes
 * test/vault-conformance.ts. What is acknowledged is on the disk, whole; what fails changed nothing.
 *
 * Errors: `not_found`, `invalid_request` (a path that no vault may have), `conflict`, `note_changed` (412),
 * `precondition_required` (428), `vault_read_only` (403), `storage_unavailable` (the vault is away), `storage_full`.
 */
export type Vault = {
  readonly kind: "folder" | "rest";
  readonly isWritable: boolean;
  /** Resolves when the vault can be read; rejects with `storage_unavailable` and why. */
  check(): Promise<void>;
  /** Notes and attachments, without what Obsidian hides: dot folders (`.obsidian`, `.trash`) and dot files. */
  list(signal: AbortSignal): Promise<readonly VaultFile[]>;
  read(path: string): Promise<VaultNote>;
  /** One of Obsidian's own settings files, below `.obsidian`; undefined when it is not there or cannot be had. */
  readSettings(file: string): Promise<string | undefined>;
  /** Replaces or creates a whole note. `any` is refused with `precondition_required` when a note is there. */
  put(path: string, text: string, condition: Condition): Promise<Written>;
  /** Adds lines at the end of the note, which is created when there is none, or of a heading's section, which must be there. */
  append(path: string, text: string, under?: readonly string[]): Promise<Written>;
  patch(path: string, patch: NotePatch, condition: Condition): Promise<Written>;
  remove(path: string, condition: Condition): Promise<Trashed>;
  /**
   * Moves a note or attachment and rewrites the links to it, in all notes or in none. `referrers` are the notes that may
   * hold such links (the index knows them); others are not read.
   */
  rename(from: string, to: string, referrers: readonly string[], condition: Condition): Promise<Renamed>;
  close(): Promise<void>;
};
