import { AppError } from "@benchai/contract/errors";
import type { PeriodicRequest } from "@benchai/contract/obsidian";

import { fillTemplate } from "./core/vault/fill-template.ts";
import {
  type Period,
  periodicSettings,
  type PeriodicSettings,
  settingsFiles,
} from "./core/vault/periodic-settings.ts";
import { periodicNote, type PeriodicNote, type When } from "./core/vault/periodic.ts";
import type { Vault, Written } from "./edge/vault/vault.ts";

/** Where a vault is, and what its dates are written in. */
export type PeriodicPlace = { readonly vault: Vault; readonly timeZone: string; readonly language: string };

/** The notes of days, weeks, months, quarters and years, where the vault's own settings put them. */
export class Periodic {
  readonly #place: PeriodicPlace;
  readonly #find: (target: string) => Promise<string | undefined>;

  /** `find`: the file that a link from the vault's root would mean. */
  constructor(place: PeriodicPlace, find: (target: string) => Promise<string | undefined>) {
    this.#place = place;
    this.#find = find;
  }

  /** The path that the note has, or would have. */
  async path(period: Period, date: string | undefined): Promise<string> {
    return (await this.#note(period, date)).note.path;
  }

  /** Makes the note when it is not there, from the vault's template, and adds lines to it. */
  async write(period: Period, { date, text, heading }: PeriodicRequest): Promise<Written> {
    const { vault } = this.#place;
    const { note, settings, when } = await this.#note(period, date);
    const made = await this.#make(note, settings, when);
    if (text === undefined) return made;
    const under = typeof heading === "string" ? [heading] : heading;
    return { ...(await vault.append(note.path, text, under)), isNew: made.isNew };
  }

  async #make(note: PeriodicNote, settings: PeriodicSettings, when: When): Promise<Written> {
    const { vault } = this.#place;
    const filling = { title: note.title, when: { ...when, date: note.date }, settings };
    try {
      const text = fillTemplate(await this.#template(note), filling);
      return await vault.put(note.path, text, { kind: "absent" });
    } catch (error) {
      // Another one made it in between, or it was there: either is what is wanted.
      if (!(error instanceof AppError && error.code === "conflict")) throw error;
      const { path, etag } = await vault.read(note.path);
      return { path, etag, isNew: false };
    }
  }

  /** Without its template a day can still be written about. */
  async #template({ template }: PeriodicNote): Promise<string> {
    const path = template === undefined ? undefined : await this.#find(template);
    return path === undefined ? "" : (await this.#place.vault.read(path)).text;
  }

  async #note(period: Period, date: string | undefined) {
    const { vault, timeZone, language } = this.#place;
    const texts = await Promise.all(
      Object.entries(settingsFiles).map(
        async ([name, file]) => [name, await vault.readSettings(file)] as const,
      ),
    );
    const settings = periodicSettings(Object.fromEntries(texts), period);
    const when: When = { nowMs: Date.now(), timeZone, language, date };
    return { note: periodicNote(settings, period, when), settings, when };
  }
}
