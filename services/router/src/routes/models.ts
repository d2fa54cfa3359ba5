import { AppError } from "@benchai/contract/errors";
import type { App } from "@benchai/kernel/app";

import { type Directory, modelNotFound } from "../core/directory.ts";
import { assistantCard, modelCard, modelCards } from "../core/model-cards.ts";
import type { Switchboard } from "../edge/switchboard.ts";

/** `GET /v1/models` and `GET /v1/models/{id}`; ids may hold slashes, so the second is a wildcard. */
export function modelRoutes(app: App, switchboard: Switchboard): void {
  app.get("/v1/models", async () => ({
    object: "list",
    data: modelCards(known(switchboard), switchboard.assistants),
  }));
  app.get<{ Params: { "*": string } }>("/v1/models/*", async ({ params }) => {
    const directory = known(switchboard);
    const id = params["*"];
    const entry = directory.get(id);
    if (entry) return modelCard(id, entry.view);
    const assistant = switchboard.assistants.get(id);
    if (!assistant) throw modelNotFound(id, directory);
    return assistantCard(assistant, directory);
  });
}

function known({ directory }: Switchboard): Directory {
  if (directory) return directory;
  throw new AppError("controller_unavailable", "nothing was heard from the controller yet; try again", {
    retryAfterS: 2,
  });
}
