import type {
  AppendRequest,
  Backlink,
  NoteListQuery,
  NoteRenamed,
  NoteSummary,
  NoteTrashed,
  NoteView,
  NoteWritten,
  PatchRequest,
  VaultGraphView,
  VaultSearchRequest,
  VaultStatus,
} from "@benchai/contract/obsidian";
import { AppError } from "@benchai/contract/errors";
import type { DocumentFilter, SearchAnswer, SearchRequest } from "@benchai/contract/rag";
import type { Static } from "typebox";

import { conflictOf } from "./core/vault/vault-paths.ts";
import type { NoteDetails } from "./edge/store/note-view.ts";
import type { SearchScope } from "./edge/store/hits.ts";
import { isoTime, whenSet } from "./edge/store/rows.ts";
import type { NoteList, VaultStats } from "./edge/store/vault-notes.ts";
import type { NotePatch } from "./core/vault/note-patch.ts";
import type { Condition, Renamed, Vault, VaultNote, Written } from "./edge/vault/vault.ts";
import type { VaultMirror } from "./edge/vault/vault-mirror.ts";
import { Periodic } from "./periodic.ts";

/** What the vault's routes and tools call besides the vault itself. */
export type VaultPorts = {
  listNotes(call: NoteList): Promise<NoteSummary[]>;
  filterNotes(call: { scope: SearchScope; filter: DocumentFilter }): Promise<"all" | readonly number[]>;
  scope(call: { owner: string; collections: readonly string[] }): Promise<SearchScope>;
  stats(call: { sourceId: number }): Promise<VaultStats>;
  backlinks(call: { sourceId: number; path: string }): Promise<Backlink[]>;
  referrers(call: { sourceId: number; paths: readonly string[] }): Promise<string[]>;
  graph(call: { sourceId: number }): Promise<VaultGraphView>;
  resolveTarget(call: { sourceId: number; from: string; target: string }): Promise<string | undefined>;
  describe(call: { sourceId: number; path: string; text: string }): Promise<NoteDetails>;
  embeddedPaths(call: { sourceId: number; path: string; text: string }): Promise<string[]>;
  expand(call: {
    sourceId: number;
    path: string;
    text: string;
    embedded: readonly { path: string; text: string }[];
  }): Promise<NonNullable<NoteView["segments"]>>;
  /** Brings the index in line with the vault as it is now. */
  refresh(sourceId: number): Promise<unknown>;
  search(owner: string, request: SearchRequest): Promise<SearchAnswer>;
};

/** Whose vault it is, where it is, and where it is indexed. */
export type VaultPlace = {
  readonly owner: string;
  readonly collection: string;
  readonly sourceId: number;
  /** The source's public id. */
  readonly source: string;
  readonly vault: Vault;
  /** The copy that is indexed of a vault that is elsewhere. */
  readonly mirror: Pick<VaultMirror, "sync" | "problem"> | undefined;
  readonly timeZone: string;
  readonly language: string;
};

const listLimit = 10_000;

/** An owner's vault as the API has it. For everybody else, and without one, there is none. */
export class VaultDesk {
  readonly #ports: VaultPorts;
  readonly #place: VaultPlace | undefined;

  constructor(ports: VaultPorts, place: VaultPlace | undefined) {
    this.#ports = ports;
    this.#place = place;
  }

  async status(owner: string): Promise<VaultStatus> {
    const place = this.#place?.owner === owner ? this.#place : undefined;
    if (!place)
      return {
        configured: false,
        available: false,
        writable: false,
        collection: "",
        notes: 0,
        files: 0,
        links: 0,
        conflicts: [],
        indexed_at: null,
      };
    const { vault, collection, sourceId } = place;
    const problem = await vault.check().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const { indexedMs, ...stats } = await this.#ports.stats({ sourceId });
    return {
      configured: true,
      available: problem === undefined,
      ...whenSet("problem", problem ?? null),
      kind: vault.kind,
      writable: vault.isWritable,
      collection,
      ...stats,
      indexed_at: indexedMs === null ? null : isoTime(indexedMs),
    };
  }

  async list(owner: string, query: NoteListQuery): Promise<NoteSummary[]> {
    const { sourceId, collection } = this.#of(owner);
    const { folder = "", start_after: startAfter = "", limit, tag, field, after, before } = query;
    const filter = {
      ...(tag === undefined ? {} : { tags: listOf(tag).map((name) => name.replace(/^#/u, "")) }),
      ...(field === undefined ? {} : { fields: fieldsOf(listOf(field)) }),
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
    };
    const scope = await this.#ports.scope({ owner, collections: [collection] });
    const documents = await this.#ports.filterNotes({ scope, filter });
    return this.#ports.listNotes({
      sourceId,
      documents,
      folder: folder.replaceAll(/^\/+|\/+$/gu, ""),
      startAfter,
      limit: Math.min(Number(limit ?? 1_000), listLimit),
    });
  }

  /** The note's bytes as they are. */
  readRaw(owner: string, path: string): Promise<VaultNote> {
    return this.#of(owner).vault.read(path);
  }

  async read(owner: string, path: string, isExpanded: boolean): Promise<NoteView> {
    const { vault, sourceId } = this.#of(owner);
    const note = await vault.read(path);
    const call = { sourceId, path: note.path, text: note.text };
    const segments = isExpanded ? await this.#segments(vault, call) : null;
    return {
      path: note.path,
      etag: note.etag,
      modified_at: isoTime(note.mtimeMs),
      size_bytes: note.sizeBytes,
      text: note.text,
      ...(await this.#ports.describe(call)),
      ...whenSet("conflict_of", conflictOf(note.path) ?? null),
      ...whenSet("segments", segments),
    };
  }

  async #segments(vault: Vault, call: { sourceId: number; path: string; text: string }) {
    const paths = await this.#ports.embeddedPaths(call);
    // What cannot be read stays a link.
    const read = await Promise.all(paths.map((path) => vault.read(path).catch(() => undefined)));
    return this.#ports.expand({ ...call, embedded: read.filter((note) => note !== undefined) });
  }

  async put(owner: string, path: string, text: string, condition: Condition): Promise<NoteWritten> {
    return writtenView(await this.#of(owner).vault.put(path, text, condition));
  }

  async append(owner: string, path: string, { text, heading }: Static<typeof AppendRequest>) {
    const under = heading === undefined ? undefined : listOf(heading);
    return writtenView(await this.#of(owner).vault.append(path, text, under));
  }

  async patch(
    owner: string,
    path: string,
    request: PatchRequest,
    condition: Condition,
  ): Promise<NoteWritten> {
    return writtenView(await this.#of(owner).vault.patch(path, patchOf(request), condition));
  }

  async remove(owner: string, path: string, condition: Condition): Promise<Static<typeof NoteTrashed>> {
    const { trashPath } = await this.#of(owner).vault.remove(path, condition);
    return { trash_path: trashPath };
  }

  /** The index is brought up to date first: it knows which notes link to the one that moves. */
  async rename(
    owner: string,
    from: string,
    to: string,
    condition: Condition,
  ): Promise<Static<typeof NoteRenamed>> {
    const { vault, mirror, sourceId } = this.#of(owner);
    if (!vault.isWritable) await vault.rename(from, to, [], condition);
    await mirror?.sync();
    await this.#ports.refresh(sourceId);
    const referrers = await this.#ports.referrers({ sourceId, paths: [from, to] });
    const renamed: Renamed = await vault.rename(from, to, referrers, condition);
    return { ...writtenView(renamed), updated: [...renamed.updated] };
  }

  backlinks(owner: string, path: string): Promise<Backlink[]> {
    return this.#ports.backlinks({ sourceId: this.#of(owner).sourceId, path });
  }

  graph(owner: string): Promise<VaultGraphView> {
    return this.#ports.graph({ sourceId: this.#of(owner).sourceId });
  }

  search(owner: string, request: VaultSearchRequest): Promise<SearchAnswer> {
    const { collection } = this.#of(owner);
    return this.#ports.search(owner, { ...request, collections: [collection] });
  }

  periodic(owner: string): Periodic {
    const place = this.#of(owner);
    const { sourceId } = place;
    const find = (target: string) => this.#ports.resolveTarget({ sourceId, from: "", target });
    return new Periodic(place, find);
  }

  /** The id of the source that the vault is indexed as; undefined without one. */
  get source(): string | undefined {
    return this.#place?.source;
  }

  /** Why the copy of a vault that is elsewhere may be behind. */
  get problem(): string | undefined {
    return this.#place?.mirror?.problem;
  }

  async close(): Promise<void> {
    await this.#place?.vault.close();
  }

  #of(owner: string): VaultPlace {
    if (this.#place?.owner === owner) return this.#place;
    throw new AppError(
      "not_found",
      "there is no Obsidian vault here: set OBSIDIAN_VAULT in .env to its folder and run `./benchai up` (docs/obsidian.md)",
    );
  }
}

export function writtenView({ path, etag, isNew }: Written): NoteWritten {
  return { path, etag, created: isNew };
}

function listOf(value: string | readonly string[]): string[] {
  return typeof value === "string" ? [value] : [...value];
}

function fieldsOf(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => {
      const at = field.indexOf("=");
      if (at > 0) return [field.slice(0, at), field.slice(at + 1)];
      throw new AppError("invalid_request", `\`field\` is written key=value, not ${JSON.stringify(field)}`, {
        param: "field",
      });
    }),
  );
}

function patchOf({ target, operation, content }: PatchRequest): NotePatch {
  if ("property" in target)
    return {
      target: { kind: "property", key: target.property },
      operation,
      content: JSON.stringify(content ?? null),
    };
  if (typeof content !== "string" && operation !== "remove")
    throw new AppError("invalid_request", "`content` must be text for a heading or a block", {
      param: "content",
    });
  return {
    target:
      "heading" in target
        ? { kind: "heading", path: listOf(target.heading) }
        : { kind: "block", id: target.block },
    operation,
    content: typeof content === "string" ? content : "",
  };
}
