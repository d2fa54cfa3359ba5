const firstMs = 100;
const largestMs = 500;

/** The pause before try number `failures` (from 1): 100 ms doubling to 0.5 s, of which `chance` (0 to 1) takes off up to half. */
export function backOffMs(failures: number, chance: number): number {
  const fullMs = Math.min(largestMs, firstMs * 2 ** Math.min(failures - 1, 10));
  return fullMs * (1 - chance / 2);
}
