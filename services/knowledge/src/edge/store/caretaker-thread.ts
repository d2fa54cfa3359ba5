import { serveThread } from "@benchai/kernel/thread-server";

import { backUp } from "./backup.ts";
import { guard } from "./guarded.ts";
import { damageOf } from "./integrity.ts";
import { openReader } from "./open.ts";
import { graph } from "./vault-notes.ts";

/** What takes seconds on a large database and must hold up neither the API nor those who write and search. */
export const caretaker = { backUp, damageOf, graph: vaultGraph };

function vaultGraph({ path, sourceId }: { readonly path: string; readonly sourceId: number }) {
  return guard(path, () => {
    const db = openReader(path);
    try {
      return graph(db, { sourceId });
    } finally {
      db.close();
    }
  });
}

serveThread(caretaker);
