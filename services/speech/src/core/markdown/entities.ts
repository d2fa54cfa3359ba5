const named: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", reg: "®", trade: "™", hellip: "…", mdash: "—",
  ndash: "–", lsquo: "‘", rsquo: "’", ldquo: "“", rdquo: "”", laquo: "«", raquo: "»", bull: " ", middot: "·", deg: "°",
  plusmn: "±", times: "×", divide: "÷", frac12: "½", frac14: "¼", frac34: "¾", sup2: "²", sup3: "³", euro: "€", pound: "£",
  yen: "¥", cent: "¢", sect: "§", para: " ", larr: "←", rarr: "→", harr: "↔", le: "≤", ge: "≥", ne: "≠", asymp: "≈", infin: "∞",
  auml: "ä", ouml: "ö", uuml: "ü", Auml: "Ä", Ouml: "Ö", Uuml: "Ü", szlig: "ß", eacute: "é", egrave: "è", agrave: "à",
  ccedil: "ç", ntilde: "ñ", shy: "", zwj: "", zwnj: "", thinsp: " ", ensp: " ", emsp: " ",
};

function fromCode(code: number): string {
  const printable = code >= 32 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code <= 0xdf_ff);
  return printable ? String.fromCodePoint(code) : "";
}

/** What stands between `&` and `;`, as a character; undefined for what is no entity. */
export function entityText(name: string): string | undefined {
  if (/^#x[0-9a-f]{1,6}$/iu.test(name)) return fromCode(Number.parseInt(name.slice(2), 16));
  if (/^#\d{1,7}$/u.test(name)) return fromCode(Number(name.slice(1)));
  return Object.hasOwn(named, name) ? named[name] : undefined;
}
