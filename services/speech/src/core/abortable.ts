/** The promise, or the signal's reason as soon as it aborts. Who started the work has to see to it that it ends as well. */
export async function abortable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal.reason);
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** The items until the signal aborts, also while one is waited for; the source is told to end and not waited for then. */
export async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncGenerator<T, void> {
  const source = items[Symbol.asyncIterator]();
  let isBusy = false;
  let isDone = false;
  try {
    for (;;) {
      isBusy = true;
      const next = await abortable(signal, source.next());
      isBusy = false;
      isDone = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    const end = isDone ? undefined : source.return?.();
    if (isBusy) end?.catch(() => undefined);
    else await end;
  }
}

/**
 * An iterator whose consumer may leave while an item is being made: `return` aborts the signal first. A generator alone would do
 * that only when the item is there. Whoever waits for an item then gets the abort's error. The signal aborts at the end of all
 * items too, so that nothing that was begun for them goes on.
 */
export function leavable<T>(
  signal: AbortSignal,
  make: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncIterableIterator<T> {
  const left = new AbortController();
  const items = ending(left, make(AbortSignal.any([signal, left.signal])));
  return {
    next: () => items.next(),
    async return() {
      left.abort();
      await items.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* ending<T>(over: AbortController, items: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    yield* items;
  } finally {
    over.abort();
  }
}
