/** `npm run openapi`: writes the services' part of docs/openapi.yaml anew, from the routes' own schemas. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../support/images.ts";
import { servicesPart } from "./services-part.ts";
import { serviceRoutes } from "./service-routes.ts";
import { withPart } from "./page.ts";

const path = join(root, "docs/openapi.yaml");
writeFileSync(path, withPart(readFileSync(path, "utf8"), servicesPart(await serviceRoutes())));
