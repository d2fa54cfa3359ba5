type Node = { readonly next: Map<string, Node>; piece?: { readonly id: number; readonly score: number } };

/** What stands for a blank, and before the first word. */
const wordBegin = "\u2581";
/** The vocabulary's first entries are no pieces of text. */
const reservedIds = 6;
const unknownId = 0;

/**
 * Cuts a text into the pieces that are most probable together (SentencePiece's unigram model), as the model's own tokenizer in
 * TensorFlow.js does, its treatment of unknown characters included: they cost nothing, and several are one.
 */
export class Tokenizer {
  readonly #root: Node = { next: new Map() };
  readonly #lengths: readonly number[];

  constructor(vocabulary: readonly (readonly [piece: string, score: number])[]) {
    this.#lengths = vocabulary.map(([piece]) => piece.length);
    for (const [id, [piece, score]] of vocabulary.entries())
      if (id >= reservedIds) this.#nodeOf(piece).piece = { id, score };
  }

  /** The numbers of the pieces, in order. */
  encode(text: string): number[] {
    const symbols = Array.from(`${wordBegin}${text.normalize("NFKC").replaceAll(" ", wordBegin)}`);
    const scores = new Float64Array(symbols.length + 1);
    const ids = new Int32Array(symbols.length + 1);
    for (let start = 0; start < symbols.length; start += 1)
      for (const { end, id, score } of this.#piecesAt(symbols, start)) {
        const sum = score + (scores[start] ?? 0);
        // Zero is where nothing has come to yet.
        if (scores[end] !== 0 && sum < (scores[end] ?? 0)) continue;
        scores[end] = sum;
        ids[end] = id;
      }
    return withoutRepeatedUnknowns(this.#walkBack(ids));
  }

  #piecesAt(symbols: readonly string[], start: number) {
    const found: { readonly end: number; readonly id: number; readonly score: number }[] = [];
    let node = this.#root.next.get(symbols[start] ?? "");
    for (let end = start + 1; node; end += 1) {
      if (node.piece) found.push({ end, ...node.piece });
      node = node.next.get(symbols[end] ?? "");
    }
    return found.length > 0 ? found : [{ end: start + 1, id: unknownId, score: 0 }];
  }

  #walkBack(ids: Int32Array): number[] {
    const path: number[] = [];
    for (let end = ids.length - 1; end > 0;) {
      const id = ids[end] ?? unknownId;
      path.push(id);
      end -= this.#lengths[id] ?? 1;
    }
    return path.toReversed();
  }

  #nodeOf(piece: string): Node {
    let node = this.#root;
    for (const symbol of piece) {
      const next = node.next.get(symbol) ?? { next: new Map() };
      node.next.set(symbol, next);
      node = next;
    }
    return node;
  }
}

function withoutRepeatedUnknowns(ids: readonly number[]): number[] {
  return ids.filter((id, i) => id !== unknownId || ids[i - 1] !== unknownId);
}
