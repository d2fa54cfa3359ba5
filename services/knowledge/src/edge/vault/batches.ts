/**
 * Does work on items, so many at once. When some of it fails it still waits for what was begun, so that nothing goes
 * on behind the caller's back, and then rejects with the first reason.
 */
export async function inBatches<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < items.length; i += atOnce) {
    const results = await Promise.allSettled(items.slice(i, i + atOnce).map((item) => work(item)));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}
