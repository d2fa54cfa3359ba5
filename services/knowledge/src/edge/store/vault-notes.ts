import type { Backlink, LinkView, NoteSummary, VaultGraphView } from "@benchai/contract/obsidian";

import { type GraphLink, type GraphNote, LinkChecker, linkText, vaultGraph } from "../../core/vault/graph.ts";
import { readSubpath } from "../../core/vault/link-target.ts";
import { nameOfTarget } from "../../core/vault/note-content.ts";
import { resolveLink } from "../../core/vault/resolve-link.ts";
import { conflictOf } from "../../core/vault/vault-paths.ts";
import type { VaultNames } from "../../core/vault/vault-names.ts";
import { type NoteOutline, readOutline } from "./commit-note.ts";
import type { Db } from "./open.ts";
import { isoTime, whenSet } from "./rows.ts";
import { vaultFileNames } from "./vault-names-cache.ts";

type Vault = { readonly sourceId: number };

/** Which notes to list: those of the documents that a filter left, by path. */
export type NoteList = Vault & {
  readonly documents: "all" | readonly number[];
  /** "" for the whole vault. */
  readonly folder: string;
  readonly startAfter: string;
  readonly limit: number;
};

type NoteRow = {
  readonly path: string;
  readonly title: string;
  readonly tags: string;
  readonly outline: string | null;
  readonly dateMs: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly problem: string | null;
};

export function listNotes(db: Db, list: NoteList): NoteSummary[] {
  const { sourceId, documents, folder, startAfter, limit } = list;
  const among = documents === "all" ? "" : "AND d.id IN (SELECT value FROM json_each(:documents))";
  const rows = db
    .prepare<[object], NoteRow>(
      `SELECT d.path, d.title, d.date_ms AS dateMs, d.size_bytes AS sizeBytes, d.content_sha256 AS sha256, d.problem,
         n.outline, (SELECT json_group_array(t.tag) FROM document_tags t WHERE t.document_id = d.id) AS tags
       FROM documents d LEFT JOIN notes n ON n.document_id = d.id
       WHERE d.source_id = :sourceId AND d.path > :startAfter
         AND (:folder = '' OR substr(d.path, 1, length(:folder) + 1) = :folder || '/') ${among}
       ORDER BY d.path LIMIT :limit`,
    )
    .all({ sourceId, startAfter, folder, limit, documents: JSON.stringify(documents) });
  return rows.map(summary);
}

function summary({ tags, outline, dateMs, sizeBytes, problem, ...row }: NoteRow): NoteSummary {
  const list: unknown = JSON.parse(tags);
  return {
    ...row,
    tags: Array.isArray(list) ? list.map(String) : [],
    aliases: outline === null ? [] : [...readOutline(outline).aliases],
    date: isoTime(dateMs),
    size_bytes: sizeBytes,
    ...whenSet("problem", problem),
  };
}

export type VaultStats = {
  readonly notes: number;
  readonly files: number;
  readonly links: number;
  readonly conflicts: string[];
  readonly indexedMs: number | null;
};

export function vaultStats(db: Db, { sourceId }: Vault): VaultStats {
  const count = (sql: string) => db.prepare<[number], number>(sql).pluck().get(sourceId) ?? 0;
  const names = vaultFileNames(db, sourceId);
  return {
    notes: count("SELECT count(*) FROM documents WHERE source_id = ?"),
    files: names.size,
    links: count(`SELECT count(*) ${linksOfVault}`),
    conflicts: [...names.paths()].filter((path) => conflictOf(path) !== undefined).toSorted(),
    indexedMs:
      db
        .prepare<[number], number | null>("SELECT indexed_ms FROM sources WHERE id = ?")
        .pluck()
        .get(sourceId) ?? null,
  };
}

const linksOfVault = "FROM note_links l JOIN documents d ON d.id = l.document_id WHERE d.source_id = ?";

type LinkRow = {
  readonly path: string;
  readonly target: string;
  readonly subpath: string;
  readonly line: number;
  readonly isEmbed: number;
};
const linkColumns = "d.path, l.target, l.subpath, l.line, l.is_embed AS isEmbed";

function graphLink({ target, subpath, line, isEmbed }: LinkRow): GraphLink {
  return { target, subpath: readSubpath(subpath), line, isEmbed: isEmbed === 1 };
}

/** The links of other files to a file, by path and line; only those that can mean it are looked at. */
export function backlinks(db: Db, { sourceId, path }: Vault & { readonly path: string }): Backlink[] {
  const names = vaultFileNames(db, sourceId);
  return linksNaming(db, sourceId, path)
    .filter((row) => row.path !== path && resolveLink(names, row.path, row.target) === path)
    .map((row) => {
      const link = graphLink(row);
      return { path: row.path, line: row.line, text: linkText(link), embed: link.isEmbed };
    });
}

/** The files whose links may mean one of these, rightly or not: what a rename must look through. */
export function referrers(
  db: Db,
  { sourceId, paths }: Vault & { readonly paths: readonly string[] },
): string[] {
  return [...new Set(paths.flatMap((path) => linksNaming(db, sourceId, path).map((row) => row.path)))];
}

function linksNaming(db: Db, sourceId: number, path: string): LinkRow[] {
  return db
    .prepare<[string, number], LinkRow>(
      `SELECT ${linkColumns} FROM note_links l JOIN documents d ON d.id = l.document_id
       WHERE l.name = ? AND d.source_id = ? ORDER BY d.path, l.line`,
    )
    .all(nameOfTarget(path), sourceId);
}

/** Documents that link to a file: what the filter `links_to` lets through. */
export function documentsLinkingTo(db: Db, call: Vault & { readonly path: string }): number[] {
  const find = db
    .prepare<[number, string], number>("SELECT id FROM documents WHERE source_id = ? AND path = ?")
    .pluck();
  const paths = new Set(backlinks(db, call).map((link) => link.path));
  return [...paths].flatMap((path) => find.get(call.sourceId, path) ?? []);
}

/** Where each of a note's links leads, and what of it is missing. */
export function checkLinks(
  db: Db,
  { sourceId, path, links }: Vault & { readonly path: string; readonly links: readonly GraphLink[] },
): LinkView[] {
  const names = vaultFileNames(db, sourceId);
  const targets = new Set(links.flatMap(({ target }) => resolveLink(names, path, target) ?? []));
  const checker = new LinkChecker(names, outlines(db, sourceId, [...targets]));
  return links.map((link) => {
    const { to, missing } = checker.check(path, link);
    const view = { text: linkText(link), line: link.line, embed: link.isEmbed, to: to ?? null };
    return { ...view, ...whenSet("missing", missing ?? null) };
  });
}

/** The file that a link would mean; undefined when there is none. */
export function resolveTarget(
  db: Db,
  { sourceId, from, target }: Vault & { readonly from: string; readonly target: string },
): string | undefined {
  return resolveLink(vaultFileNames(db, sourceId), from, target);
}

/** All links of a vault, counted by the files that they join; those that lead nowhere; and notes that stand alone. */
export function graph(db: Db, { sourceId }: Vault): VaultGraphView {
  const names: VaultNames = vaultFileNames(db, sourceId);
  const found = vaultGraph(names, graphNotes(db, sourceId));
  const counts = new Map<string, { from: string; to: string; count: number }>();
  for (const { from, to } of [...found.links.values()].flat()) {
    const key = JSON.stringify([from, to]);
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { from, to, count: 1 });
  }
  return {
    links: [...counts.values()],
    unresolved: [...found.unresolved],
    orphans: [...found.orphans],
  };
}

function graphNotes(db: Db, sourceId: number): GraphNote[] {
  const rows = db
    .prepare<[number], LinkRow>(`SELECT ${linkColumns} ${linksOfVault} ORDER BY d.path, l.ordinal`)
    .all(sourceId);
  const links = Map.groupBy(rows, (row) => row.path);
  return [...outlines(db, sourceId, undefined)].map(([path, { headings, blocks }]) => ({
    path,
    headings,
    blocks,
    links: (links.get(path) ?? []).map(graphLink),
  }));
}

/** By path; of all notes when none are named. */
function outlines(
  db: Db,
  sourceId: number,
  paths: readonly string[] | undefined,
): ReadonlyMap<string, NoteOutline> {
  const among = paths ? "AND d.path IN (SELECT value FROM json_each(:paths))" : "";
  const rows = db
    .prepare<[object], { path: string; outline: string }>(
      `SELECT d.path, n.outline FROM documents d JOIN notes n ON n.document_id = d.id
       WHERE d.source_id = :sourceId ${among} ORDER BY d.path`,
    )
    .all({ sourceId, paths: JSON.stringify(paths ?? []) });
  return new Map(rows.map(({ path, outline }) => [path, readOutline(outline)]));
}
