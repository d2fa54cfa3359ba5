/** The bytes of a file that a request wants, `to` included. */
export type ByteRange = { readonly from: number; readonly to: number };

const one = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/iu;

/**
 * What a `Range` header asks of a file of `size` bytes (RFC 9110, 14.1.2 and 14.2): one range, `whole` where there is none or it is
 * not understood (several ranges are not), or `unsatisfiable` when it begins behind the end.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | "whole" | "unsatisfiable" {
  const [, first = "", last = ""] = one.exec(header ?? "") ?? [];
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, to: size - 1 };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return "whole";
  if (from >= size) return "unsatisfiable";
  return { from, to: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}
