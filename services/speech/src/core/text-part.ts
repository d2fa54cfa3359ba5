/** What arrives of a text that is still being written; `flush`: what is there is to be said, though no sentence has ended. */
export type TextPart = { readonly kind: "text"; readonly text: string } | { readonly kind: "flush" };
