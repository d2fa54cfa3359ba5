import type { NotePatch } from "../../core/vault/note-patch.ts";
import type { VaultMirror } from "./vault-mirror.ts";
import type { Condition, Renamed, Trashed, Vault, VaultFile, VaultNote, Written } from "./vault.ts";

/** A vault elsewhere whose copy follows each write at once, so that it is found as quickly as in a folder. */
export class MirroredVault implements Vault {
  readonly #vault: Vault;
  readonly #mirror: VaultMirror;

  constructor(vault: Vault, mirror: VaultMirror) {
    this.#vault = vault;
    this.#mirror = mirror;
  }

  get kind(): Vault["kind"] {
    return this.#vault.kind;
  }

  get isWritable(): boolean {
    return this.#vault.isWritable;
  }

  check(): Promise<void> {
    return this.#vault.check();
  }

  list(signal: AbortSignal): Promise<readonly VaultFile[]> {
    return this.#vault.list(signal);
  }

  read(path: string): Promise<VaultNote> {
    return this.#vault.read(path);
  }

  readSettings(file: string): Promise<string | undefined> {
    return this.#vault.readSettings(file);
  }

  put(path: string, text: string, condition: Condition): Promise<Written> {
    return this.#followed(this.#vault.put(path, text, condition), ({ path: written }) => [written]);
  }

  append(path: string, text: string, under?: readonly string[]): Promise<Written> {
    return this.#followed(this.#vault.append(path, text, under), ({ path: written }) => [written]);
  }

  patch(path: string, patch: NotePatch, condition: Condition): Promise<Written> {
    return this.#followed(this.#vault.patch(path, patch, condition), ({ path: written }) => [written]);
  }

  remove(path: string, condition: Condition): Promise<Trashed> {
    return this.#followed(this.#vault.remove(path, condition), () => [path]);
  }

  rename(from: string, to: string, referrers: readonly string[], condition: Condition): Promise<Renamed> {
    const renaming = this.#vault.rename(from, to, referrers, condition);
    return this.#followed(renaming, (renamed) => [from, renamed.path, ...renamed.updated]);
  }

  async close(): Promise<void> {
    await this.#mirror.close();
    await this.#vault.close();
  }

  /** What was written is acknowledged even when the copy cannot follow now: its next look will. */
  async #followed<T>(writing: Promise<T>, touched: (answer: T) => readonly string[]): Promise<T> {
    const answer = await writing;
    await this.#mirror.update(touched(answer)).catch(() => undefined);
    return answer;
  }
}
