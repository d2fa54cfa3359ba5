const names = new Set(
  (
    "a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code col colgroup data " +
    "datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head " +
    "header hgroup hr html i iframe img input ins kbd label legend li link main map mark menu meta meter nav noscript object ol " +
    "optgroup option output p param picture pre progress q rp rt ruby s samp script section select slot small source span strike " +
    "strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr " +
    "center think thinking"
  ).split(" "),
);

const tag =
  /^<\/?([A-Za-z][\w:-]*)(?:\s+[\w:@.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+)|\s+(?:open|checked|disabled|hidden|controls|required|selected|async|defer|reversed))*\s*\/?>$/u;
const inline = new Set(
  "a abbr b bdi bdo cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr".split(
    " ",
  ),
);

/** What is heard in place of `<…>`: nothing, a blank where a block begins or ends; undefined for what is no tag of HTML. */
export function tagText(written: string): string | undefined {
  const name = tag.exec(written)?.[1]?.toLowerCase();
  if (name === undefined || !names.has(name)) return undefined;
  return inline.has(name) ? "" : " ";
}

/** Elements whose content is not for readers. */
export function hiddenUntil(written: string): string | undefined {
  const name = /^<(script|style)\b/iu.exec(written)?.[1];
  return name === undefined ? undefined : `</${name.toLowerCase()}>`;
}
