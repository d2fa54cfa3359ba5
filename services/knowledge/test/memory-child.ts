import { Thread } from "@benchai/kernel/thread";

import type { MemoryThreadApi } from "./memory-thread.ts";

/** Adds memories through the writer thread until it is killed, and says on stdout which were acknowledged. */
const path = process.argv[2] ?? "";
const writer = new Thread<MemoryThreadApi>(new URL("memory-thread.ts", import.meta.url), { path }, () =>
  process.exit(1),
);
for (let i = 0; ; i += 4) {
  const adds = [0, 1, 2, 3].map(async (n) => {
    const { memory } = await writer.call.addMemory({
      owner: `o${n}`,
      request: { content: `statement number ${i + n} of ${process.pid}` },
      nowMs: i,
    });
    process.stdout.write(`${memory.id}\n`);
  });
  await Promise.all(adds);
}
