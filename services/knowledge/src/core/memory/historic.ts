/** A row of the original's databases, whatever columns it has. */
export type HistoricRow = Readonly<Record<string, unknown>>;

/** What we make of it. Times in epoch ms. */
export type HistoricMemory = {
  readonly row: number;
  readonly content: string;
  readonly category: string;
  readonly importance: number;
  readonly createdMs: number;
  readonly accessedMs: number | null;
  readonly accessCount: number;
};

/** The tables of `benchai_memory.db` and `enhanced.db`, the newer one first. */
export const historicTables = ["memories_v2", "memories"] as const;

/** The columns that are read; the others say nothing that we keep. */
export const historicColumns = [
  "id",
  "content",
  "category",
  "memory_type",
  "importance",
  "created_at",
  "accessed_at",
  "access_count",
  "consolidated_into",
] as const;

/** How far a table's importance reaches: fractions, or grades up to 5 or 10. The original wrote all three. */
export function importanceScale(table: string, maximum: number): number {
  if (table === "memories_v2") return maximum > 5 ? 10 : 5;
  if (maximum <= 1) return 1;
  return maximum <= 5 ? 5 : 10;
}

/** Undefined when it is no statement at all: no text, or one that the original had merged into another. */
export function historicMemory(row: HistoricRow, scale: number, nowMs: number): HistoricMemory | undefined {
  const { content, category, memory_type: type, importance } = row;
  const isMerged = row["consolidated_into"] !== undefined && row["consolidated_into"] !== null;
  if (typeof content !== "string" || content.trim() === "" || isMerged) return undefined;
  const createdMs = historicTime(row["created_at"]);
  return {
    row: count(row["id"]),
    content,
    category: name(category) ?? name(type) ?? "general",
    importance: typeof importance === "number" ? Math.min(1, Math.max(0, importance / scale)) : 0.5,
    createdMs: createdMs ?? nowMs,
    accessedMs: historicTime(row["accessed_at"]) ?? null,
    accessCount: count(row["access_count"]),
  };
}

/** `YYYY-MM-DD HH:MM:SS` is UTC, as SQLite's CURRENT_TIMESTAMP writes it; ISO 8601 and epoch seconds or ms also occur. */
function historicTime(value: unknown): number | undefined {
  if (typeof value === "number") return inRange(value < 1e11 ? value * 1_000 : value);
  if (typeof value !== "string") return undefined;
  const text = value.trim().replace(" ", "T");
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/u.test(text);
  return inRange(Date.parse(hasZone || text.length <= 10 ? text : `${text}Z`));
}

function inRange(ms: number): number | undefined {
  return ms >= 0 && ms < 4_102_444_800_000 ? Math.round(ms) : undefined;
}

function name(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 64) : undefined;
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
