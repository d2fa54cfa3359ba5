import type { ModelKind } from "@benchai/contract/models";

import type { GgufHeader } from "./gguf.ts";

type Reading = Pick<GgufHeader, "hasCache" | "poolsLast">;

/**
 * The physical batch that a worker must have, in tokens; undefined where llama-server's own (512) does, because the model
 * can read an input in parts. What makes one vector or one score of an input cannot: of an input longer than the batch
 * llama-server says "too large to process" (500). The one exception is a cache and the last token's pooling (llama.cpp,
 * `server_slot::can_split`). No input is longer than the context, so a larger batch would be memory for nothing, and with
 * a smaller one `context` would be untrue.
 */
export function batchTokensOf(
  kind: ModelKind,
  reading: Reading | undefined,
  contextTokens: number,
  flags: readonly string[],
): number | undefined {
  if (kind !== "embedding" && kind !== "rerank") return undefined;
  const canSplit =
    kind === "embedding" && reading?.hasCache && reading.poolsLast && !flags.includes("--pooling");
  return ownBatchTokens(flags) ?? (canSplit ? undefined : contextTokens);
}

/** The physical batch among the owner's own arguments. */
function ownBatchTokens(flags: readonly string[]): number | undefined {
  const at = flags.findLastIndex((flag) => /^(-ub|--ubatch[-_]size)$/.test(flag));
  const value = at < 0 ? undefined : flags[at + 1];
  return value !== undefined && /^[1-9]\d{0,6}$/.test(value) ? Number(value) : undefined;
}
