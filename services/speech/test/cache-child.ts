import { setImmediate } from "node:timers/promises";

import { PcmCache } from "../src/edge/pcm-cache.ts";
import { keyOf, spokenOf } from "./cache-samples.ts";

// Fills the cache of the folder until it is killed.
const cache = await PcmCache.open(process.argv[2] ?? "", { maxBytes: 2_000_000 });
for (let n = Number(process.argv[3]); ; n += 1) {
  await cache.get(keyOf(n % 40), async () => spokenOf(n % 40), new AbortController().signal);
  process.stdout.write(".");
  await setImmediate();
}
