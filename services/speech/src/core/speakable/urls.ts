import type { Rule } from "./rule.ts";
import type { Words } from "./words.ts";

/** Endings of names that are said with a "dot": what else has a full stop without a space behind it is left alone. */
const endings =
  "(?:com|org|net|io|dev|ai|app|edu|gov|info|eu|de|fr|es|it|pt|nl|uk|us|ca|at|ch|be|br|co|me|tv|local|lan|internal|" +
  "js|ts|tsx|jsx|mjs|json|ya?ml|toml|md|txt|html?|css|py|rs|go|java|rb|php|sh|sql|csv|xml|pdf|docx?|xlsx?|pptx?|zip|tar|gz|" +
  "png|jpe?g|gif|svg|webp|mp3|mp4|wav|flac|opus|gguf|onnx|exe|dll|so|log|conf|ini|env|lock|cpp|hpp|cs|NET)";

const trailing = /[.,;:!?'"”’»)\]}*_]+$/u;

/** A word of an address: "my_file-name" and "camelCase" as they are read. */
function plainWords(segment: string): string {
  return segment.replace(/[-_+~%*]+/gu, " ").replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
}

function dotted(name: string, words: Words): string {
  return name
    .split(".")
    .filter((part) => part !== "")
    .join(` ${words.dot} `);
}

function host(name: string, words: Words): string {
  const said = dotted(name.replace(/^www\./iu, ""), words).replaceAll("-", ` ${words.dash} `);
  return said
    .replace(/[*~]/gu, " ")
    .replaceAll("_", ` ${words.underscore} `)
    .replace(/:(\d+)$/u, ` ${words.colon} $1`);
}

function path(segments: readonly string[], words: Words): string {
  return segments.map((segment) => plainWords(dotted(segment, words))).join(` ${words.slash} `);
}

/** Host and path; what is behind `?` and `#` nobody says. */
function url(match: RegExpExecArray, words: Words): string {
  const full = match[0];
  const address = full.replace(trailing, "");
  const rest = full.slice(address.length).replace(/[*_]/gu, "");
  const [name = "", ...segments] = address
    .replace(/^[a-z]+:\/\/(?:[^/@]*@)?/iu, "")
    .replace(/[?#].*$/u, "")
    .split("/");
  const said = [host(name, words), ...segments.filter((s) => s !== "").map((s) => path([s], words))];
  return said.join(` ${words.slash} `) + rest;
}

function email(match: RegExpExecArray, words: Words): string {
  const [, user = "", domain = ""] = match;
  const said = dotted(user, words)
    .replaceAll("-", ` ${words.dash} `)
    .replaceAll("_", ` ${words.underscore} `);
  return `${said.replaceAll("+", ` ${words.signs["+"]} `)} ${words.signs["@"]} ${host(domain, words)}`;
}

function file(match: RegExpExecArray, words: Words): string {
  return path(match[0].split("/"), words);
}

function rooted(match: RegExpExecArray, words: Words): string {
  const full = match[0].replace(trailing, "");
  const begin = full.startsWith("/") ? `${words.slash} ` : "";
  return (
    begin +
    path(
      full.split("/").filter((s) => !/^[.~]*$/u.test(s)),
      words,
    ) +
    match[0].slice(full.length)
  );
}

function drive(match: RegExpExecArray, words: Words): string {
  const [letter = "", ...segments] = match[0].split(/:?\\+/u);
  const said = segments.filter((s) => s !== "").map((s) => path([s], words));
  return [`${letter} ${words.colon}`, ...said].join(` ${words.signs["\\"]} `);
}

const name = String.raw`[\p{L}\p{N}_-]+`;

/** Addresses and paths that begin at a letter. */
export const addressRules: readonly Rule[] = [
  { pattern: /(?:https?|ftp|wss?):\/\/[^\s<>"`\\|^{}[\]]+/iuy, say: url },
  { pattern: /www\.[^\s<>"`\\|^{}[\]]+/iuy, say: url },
  {
    pattern: /(?:mailto:)?([\p{L}\p{N}._%+-]+)@([\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,})/uy,
    say: email,
  },
  { pattern: /[A-Za-z]:(?:\\[\p{L}\p{N}._ -]*[\p{L}\p{N}_-])+\\?/uy, say: drive },
  { pattern: new RegExp(String.raw`localhost:\d{2,5}(?:/[\p{L}\p{N}._~/-]*)?`, "uy"), say: url },
  {
    pattern: new RegExp(
      String.raw`${name}(?:\.${name})*\.${endings}(?::\d{2,5})?(?:/[^\s<>"\x60\\|^{}[\]]*)(?![\p{L}\p{N}])`,
      "uy",
    ),
    say: url,
  },
  {
    pattern: new RegExp(
      String.raw`(?:${name}/){1,20}${name}(?:\.${name})*\.${endings}(?![\p{L}\p{N}])`,
      "uy",
    ),
    say: file,
  },
  { pattern: new RegExp(String.raw`(?:${name}/){2,20}(?:${name})?`, "uy"), say: file },
  {
    pattern: new RegExp(String.raw`${name}(?:\.${name})*\.${endings}(?::\d{2,5})?(?![\p{L}\p{N}])`, "uy"),
    say: (m, words) => host(m[0], words),
  },
];

/** Paths that begin at a sign: "/usr/bin", "./a", "~/b". */
export const pathRules: readonly Rule[] = [
  { pattern: /(?<![\p{L}\p{N}/])(?:\.{1,2}|~)?\/[\p{L}\p{N}._-]+(?:\/[\p{L}\p{N}._-]+)*\/?/uy, say: rooted },
];
