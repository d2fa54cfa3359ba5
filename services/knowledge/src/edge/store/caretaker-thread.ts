import { serveThread } from "@benchai/kernel/thread-server";

import { backUp } from "./backup.ts";
import { damageOf } from "./integrity.ts";

/** What takes seconds on a large database and must hold up neither the API nor the writer. */
export const caretaker = { backUp, damageOf };

serveThread(caretaker);
