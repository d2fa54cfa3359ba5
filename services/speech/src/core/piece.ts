/** One sentence, or a part of a long one, as an engine is to say it. */
export type SpokenPiece = {
  readonly kind: "speech";
  /** Plain words: nothing that a reader would see and not say. */
  readonly text: string;
  /** Multiplies the request's speed; 1 unless markup says otherwise. */
  readonly rate: number;
  /** BCP 47, where markup names another language than the voice's. */
  readonly language?: string;
  /** IPA, where markup spells out the sounds; an engine that cannot take it says `text`. */
  readonly ipa?: string;
};

/** Silence between two pieces, in ms. */
type PausePiece = { readonly kind: "pause"; readonly ms: number };

/** What a text becomes: pieces in the order in which they are heard. */
export type Piece = SpokenPiece | PausePiece;
