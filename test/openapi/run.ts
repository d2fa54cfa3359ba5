/** `npm run openapi`: writes the knowledge service's part of docs/openapi.yaml anew, from the routes' own schemas. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../support/images.ts";
import { knowledgePart } from "./knowledge-part.ts";
import { knowledgeRoutes } from "./knowledge-routes.ts";
import { withPart } from "./page.ts";

const path = join(root, "docs/openapi.yaml");
writeFileSync(path, withPart(readFileSync(path, "utf8"), knowledgePart(await knowledgeRoutes())));
