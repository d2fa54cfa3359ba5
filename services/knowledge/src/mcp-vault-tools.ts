import { Type } from "typebox";

import { AppendRequest, NotePath, PatchRequest, periods, PeriodicRequest } from "@benchai/contract/obsidian";

import { passagesText, tool, type Tool } from "./mcp-tool.ts";
import type { Condition } from "./edge/vault/vault.ts";
import type { VaultDesk } from "./vault.ts";

const strict = { additionalProperties: false } as const;
const Path = Type.Object({ path: NotePath }, strict);
const Etag = Type.Optional(
  Type.String({ pattern: "^[0-9a-f]{64}$", description: "The note's, as it was read" }),
);

const Search = Type.Object(
  {
    query: Type.String({ minLength: 1, maxLength: 20_000 }),
    tags: Type.Optional(Type.Array(Type.String(), { maxItems: 32 })),
    links_to: Type.Optional(NotePath),
    k: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
  },
  strict,
);
const List = Type.Object(
  {
    folder: Type.Optional(Type.String({ maxLength: 1_024 })),
    tag: Type.Optional(Type.String({ maxLength: 256 })),
    field: Type.Optional(Type.String({ maxLength: 1_024, description: "key=value" })),
  },
  strict,
);
const Write = Type.Object(
  { path: NotePath, text: AppendRequest.properties.text, etag: Etag },
  { ...strict, description: "Without an etag the note must not be there yet" },
);
const Append = Type.Object({ path: NotePath, ...AppendRequest.properties }, strict);
const Patch = Type.Object({ path: NotePath, ...PatchRequest.properties, etag: Etag }, strict);
const Rename = Type.Object({ from: NotePath, to: NotePath }, strict);
const Note = Type.Object({ period: Type.Enum([...periods]), ...PeriodicRequest.properties }, strict);

const defaultK = 8;
const listed = 200;

/** The vault as an agent works in it. Nothing is deleted or replaced unread: a replacement needs the etag of what was read. */
export function vaultTools(vault: VaultDesk): readonly Tool[] {
  return [...readingTools(vault), ...writingTools(vault)];
}

function readingTools(vault: VaultDesk): readonly Tool[] {
  return [
    tool(
      "search_notes",
      "Searches the user's Obsidian notes; passages with path#Lstart-Lend.",
      Search,
      true,
      async (owner, { query, k, ...filter }) =>
        passagesText(await vault.search(owner, { query, k: k ?? defaultK, filter })),
    ),
    tool(
      "list_notes",
      `Lists notes by folder, tag or field; ${listed} at most.`,
      List,
      true,
      async (owner, query) => {
        const notes = await vault.list(owner, { ...query, limit: `${listed}` });
        return (
          notes.map(({ path, tags }) => [path, ...tags.map((tag) => `#${tag}`)].join(" ")).join("\n") ||
          "none"
        );
      },
    ),
    tool("read_note", "Reads a note, with its etag.", Path, true, async (owner, { path }) => {
      const { text, etag } = await vault.readRaw(owner, path);
      return `etag ${etag}\n${text}`;
    }),
    tool("note_links", "What a note links to, and what links to it.", Path, true, async (owner, { path }) => {
      const { links } = await vault.read(owner, path, false);
      const back = await vault.backlinks(owner, path);
      const out = links.map(
        ({ line, text, to, missing }) =>
          `L${line} ${text} -> ${to ?? "nothing"}${missing ? ` (${missing})` : ""}`,
      );
      const from = back.map((link) => `${link.path}#L${link.line}`);
      return `links:\n${out.join("\n") || "none"}\nlinked from:\n${from.join("\n") || "nowhere"}`;
    }),
  ];
}

function writingTools(vault: VaultDesk): readonly Tool[] {
  const done = ({ path, etag }: { readonly path: string; readonly etag: string }) => `${path}: etag ${etag}`;
  return [
    tool(
      "write_note",
      "Makes a note, or replaces one that was read.",
      Write,
      false,
      async (owner, { path, text, etag }) =>
        done(await vault.put(owner, path, text, etag === undefined ? { kind: "absent" } : matching(etag))),
    ),
    tool(
      "append_to_note",
      "Adds lines to a note, or under one of its headings.",
      Append,
      false,
      async (owner, { path, ...request }) => done(await vault.append(owner, path, request)),
    ),
    tool(
      "patch_note",
      "Changes one section, block or property of a note.",
      Patch,
      false,
      async (owner, { path, etag, ...request }) =>
        done(await vault.patch(owner, path, request, matching(etag))),
    ),
    tool(
      "rename_note",
      "Moves a note and rewrites the links to it.",
      Rename,
      false,
      async (owner, { from, to }) => {
        const renamed = await vault.rename(owner, from, to, { kind: "any" });
        return `${done(renamed)}; links rewritten in ${renamed.updated.length} notes`;
      },
    ),
    tool(
      "periodic_note",
      "Adds lines to the note of a day, week, month, quarter or year, made from its template when it is not there.",
      Note,
      false,
      async (owner, { period, ...request }) => done(await vault.periodic(owner).write(period, request)),
    ),
  ];
}

function matching(etag: string | undefined): Condition {
  return etag === undefined ? { kind: "any" } : { kind: "match", etag };
}
