import { Type } from "typebox";

import type { MemoryAddAnswer, MemoryAddRequest, MemoryHit } from "@benchai/contract/memory";
import type { CollectionView, SearchAnswer, SearchRequest } from "@benchai/contract/rag";

import { passagesText, tool, type Tool } from "./mcp-tool.ts";

/** What the tools can do; every call is one owner's. */
export type ToolSources = {
  search(owner: string, request: SearchRequest): Promise<SearchAnswer>;
  readDocument(owner: string, id: string): Promise<string>;
  listCollections(owner: string): Promise<readonly CollectionView[]>;
  searchMemory(
    owner: string,
    query: string,
    namespace: string | undefined,
    limit: number,
  ): Promise<readonly MemoryHit[]>;
  addMemory(owner: string, request: MemoryAddRequest): Promise<MemoryAddAnswer>;
  forgetMemory(owner: string, id: string): Promise<void>;
};

const strict = { additionalProperties: false } as const;
const Namespace = Type.Optional(
  Type.String({
    maxLength: 256,
    description: "A project's or conversation's own memories, besides the general ones",
  }),
);

const Search = Type.Object(
  {
    query: Type.String({
      minLength: 1,
      maxLength: 20_000,
      description: "What to look for, in plain words or identifiers",
    }),
    collections: Type.Optional(
      Type.Array(Type.String(), { maxItems: 64, description: "Names; all when absent" }),
    ),
    k: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 50, description: "How many passages, 8 when absent" }),
    ),
    path: Type.Optional(
      Type.String({ maxLength: 1_024, description: "A glob over paths, as in .gitignore" }),
    ),
  },
  strict,
);
const Read = Type.Object(
  {
    document_id: Type.String({ maxLength: 64, description: "From a search's results" }),
    start_line: Type.Optional(Type.Integer({ minimum: 1 })),
    end_line: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  strict,
);
const Recall = Type.Object(
  {
    query: Type.String({ minLength: 1, maxLength: 20_000 }),
    namespace: Namespace,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
  },
  strict,
);
const Remember = Type.Object(
  {
    content: Type.String({
      minLength: 1,
      maxLength: 16_384,
      description: "One statement, understandable by itself",
    }),
    category: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    namespace: Namespace,
  },
  strict,
);
const Forget = Type.Object({ id: Type.String({ maxLength: 64 }) }, strict);

const defaultK = 8;
const readLines = 400;

/** The tools over one owner's documents and memories. */
export function knowledgeTools(sources: ToolSources): readonly Tool[] {
  return [...documentTools(sources), ...memoryTools(sources)];
}

function documentTools(sources: ToolSources): readonly Tool[] {
  return [
    tool(
      "search_documents",
      "Searches the user's documents and code by words and meaning; passages with path#Lstart-Lend.",
      Search,
      true,
      async (owner, input) => {
        const { path, ...rest } = input;
        const answer = await sources.search(owner, {
          k: defaultK,
          ...rest,
          ...(path === undefined ? {} : { filter: { path } }),
        });
        return passagesText(answer);
      },
    ),
    tool(
      "read_document",
      `Reads lines of one document, ${readLines} at most.`,
      Read,
      true,
      async (owner, input) => {
        const lines = (await sources.readDocument(owner, input.document_id)).split("\n");
        return linesText(lines, input.start_line ?? 1, input.end_line);
      },
    ),
    tool(
      "list_collections",
      "Lists the user's collections of documents.",
      Type.Object({}, strict),
      true,
      async (owner) => {
        const all = await sources.listCollections(owner);
        return (
          all
            .map((c) => `${c.name}: ${c.documents} documents, ${c.chunks} passages. ${c.description}`)
            .join("\n") || "none yet"
        );
      },
    ),
  ];
}

function memoryTools(sources: ToolSources): readonly Tool[] {
  return [
    tool(
      "search_memory",
      "Searches what the user asked to be remembered.",
      Recall,
      true,
      async (owner, input) => {
        const hits = await sources.searchMemory(owner, input.query, input.namespace, input.limit ?? defaultK);
        return (
          hits.map((m) => `${m.id} [${m.category}, ${m.created_at.slice(0, 10)}] ${m.content}`).join("\n") ||
          "nothing found"
        );
      },
    ),
    tool(
      "remember",
      "Remembers one statement, when the user asks for it.",
      Remember,
      false,
      async (owner, input) => {
        const { outcome, memory } = await sources.addMemory(owner, {
          ...input,
          provenance: { source: "mcp" },
        });
        return `${outcome}: ${memory.id}`;
      },
    ),
    tool(
      "forget_memory",
      "Erases one memory for good, when the user asks for it.",
      Forget,
      false,
      async (owner, input) => {
        await sources.forgetMemory(owner, input.id);
        return `forgotten: ${input.id}`;
      },
    ),
  ];
}

function linesText(lines: readonly string[], start: number, end: number | undefined): string {
  const last = Math.min(lines.length, end ?? lines.length, start + readLines - 1);
  const shown = lines.slice(start - 1, last).map((line, i) => `${start + i}\t${line}`);
  return `lines ${start}-${last} of ${lines.length}\n${shown.join("\n")}`;
}
