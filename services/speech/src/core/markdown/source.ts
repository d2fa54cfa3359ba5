/** Where reading stands in a block's text, as far as it has arrived. `ended`: no more of this block comes. */
export type Source = {
  readonly text: string;
  readonly at: number;
  readonly ended: boolean;
  /** The character before `at`, "" at the beginning of the block. */
  readonly before: string;
};

/** What is heard of the markup at a place, and where reading goes on. */
export type Found = { readonly text: string; readonly next: number };

/** Whether `more` characters behind the next `length` are there, or never will be. */
export function has(source: Source, length: number, more: number): boolean {
  return source.ended || source.text.length - source.at >= length + more;
}

/** Whether what began at `at` and has `length` characters so far may still be completed within `most`. */
export function waits(source: Source, length: number, most: number): boolean {
  return !source.ended && length < most && source.at + length >= source.text.length;
}
