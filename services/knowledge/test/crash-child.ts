import { once } from "node:events";

import { openWriter } from "../src/edge/store/open.ts";
import { Ingest } from "../src/ingest.ts";
import { parseDocument } from "../src/parsers/parse.ts";
import { control, directPorts } from "./ingest-rig.ts";

/**
 * When told to begin, indexes a source to its end, as the service does, and says which documents were acknowledged.
 * Made to be killed.
 */
const [database = "", documentsRoot = "", sourceId = ""] = process.argv.slice(2);
// What the first document would load is loaded before, so that the time of a kill is a time of indexing.
await parseDocument({ path: "warm.md", bytes: Buffer.from("# warm") });
await once(process.stdin, "data");
const ports = directPorts(openWriter(database));
const ingest = new Ingest(
  {
    ...ports,
    commit: async (change) => {
      await ports.commit(change);
      for (const { path, sha256 } of change.documents) process.stdout.write(`ack ${path} ${sha256}\n`);
    },
  },
  { documentsRoot, maxFileBytes: 16 * 1024 * 1024 },
);
process.stdout.write("begin\n");
await ingest.indexFolder(Number(sourceId), control());
process.stdout.write("end\n");
