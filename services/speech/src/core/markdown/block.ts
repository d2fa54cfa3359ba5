/** What the lines of a text are, to a listener. */
export type BlockPart =
  /** Markdown that belongs to the open block. */
  | { readonly kind: "text"; readonly raw: string }
  /** Said as it is, a block of its own. */
  | { readonly kind: "announce"; readonly what: "codeBlock" }
  /** Said before what follows in the same block. */
  | { readonly kind: "lead"; readonly what: "done" | "toDo" | "footnote"; readonly number?: string }
  | { readonly kind: "row"; readonly cells: readonly Cell[] }
  /** The open block ends, if there is one. */
  | { readonly kind: "end"; readonly pauseMs: number };

export type Cell = { readonly heading: string; readonly raw: string };

/** How long a reader stops, in ms. */
export const pauseMs = { paragraph: 350, heading: 250, item: 200, row: 200, rule: 500, code: 350 } as const;
