/** One part of a note, and what becomes of it. */
export type NotePatch = {
  readonly target:
    | { readonly kind: "heading"; readonly path: readonly string[] }
    | { readonly kind: "block"; readonly id: string }
    | { readonly kind: "property"; readonly key: string };
  /**
   * `append` and `prepend` put lines into a section or a block, or items into a property's list; `remove` takes the
   * heading, the block's id or the property away as well.
   */
  readonly operation: "append" | "prepend" | "replace" | "remove";
  /** Lines. For a property JSON; for items of its list, what is no JSON is text. */
  readonly content: string;
};
