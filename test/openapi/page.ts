import { Document, isCollection, visit } from "yaml";

import type { Part } from "./services-part.ts";

const begin = "# made by `npm run openapi` from the services' routes";
const end = "# end of what is made";
/** What fits on a line stands on one. */
const lineChars = 100;

/** The document with the part between its two pairs of marks, under `paths` and under `components.schemas`. */
export function withPart(page: string, { paths, schemas }: Part): string {
  const sections = page.split(new RegExp(`(?<=${begin}\\n)[^]*?(?= *${end}\\n)`, "g"));
  if (sections.length !== 3) throw new Error(`the document needs two pairs of marks "${begin}" and "${end}"`);
  const [router = "", between = "", rest = ""] = sections;
  return `${router}${yaml(paths, 2)}${between}${yaml(schemas, 4)}${rest}`;
}

function yaml(value: object, indent: number): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Collection: (_key, node) => {
      if (isCollection(node) && JSON.stringify(node.toJSON()).length <= lineChars) node.flow = true;
    },
  });
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: true });
  return text.replaceAll(/^(?=.)/gm, " ".repeat(indent));
}
