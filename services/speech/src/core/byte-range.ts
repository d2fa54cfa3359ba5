/** The bytes of a file that a request wants, `to` included. */
export type ByteRange = { readonly from: number; readonly to: number };

const one = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/iu;

/**
 * What a `Range` header asks of a file of `size` bytes (RFC 9110, 14.1.2 and 14.2): one range, `whole` where there is none or it is
 * not understood (several ranges are not), or `unsatisfiable` when it begins behind the end.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | "whole" | "unsatisfiable" {
  const [, first, last] = one.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return "whole";
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Number(last);
  if (from >= size) return "unsatisfiable";
  return to < from ? "whole" : { from, to: Math.min(to, size - 1) };
}
