/** What kind of secret a text holds; the text itself is never repeated. */
export type SecretKind =
  | "an API key"
  | "a private key"
  | "a token"
  | "a password"
  | "a card number"
  | "an address with a password";

/** Shapes that their issuers document. Each is long and regular enough that no sentence has it by chance. */
const shapes: readonly (readonly [SecretKind, RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/u],
  ["a private key", /\bAGE-SECRET-KEY-1[0-9A-Z]{20,}/u],
  ["a token", /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/u],
  ["an API key", /\b(?:sk|pk|rk)[-_](?:ant-|proj-|live[-_]|test[-_]|or-)?[A-Za-z0-9_-]{16,}/u],
  ["an API key", /\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}/u],
  ["an API key", /\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}/u],
  [
    "an API key",
    /\bxox[abeoprs]-[\w-]{10,}|\bhf_[A-Za-z0-9]{20,}|\bnpm_[A-Za-z0-9]{30,}|\bdop_v1_[0-9a-f]{32,}/u,
  ],
  [
    "an API key",
    /\bSG\.[\w-]{16,}\.[\w-]{16,}|\bbenchai[-_][\w-]{24,}|\btskey-[\w-]{16,}|\bpypi-[\w-]{32,}/u,
  ],
  ["an address with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:(?![<$*{])[^\s/@]{2,}@/iu],
  ["a token", /\bbearer\s+[\w.~+/-]{20,}=*/iu],
];

/** What a text must not be remembered for; undefined when it holds nothing of the kind. */
export function secretIn(text: string): SecretKind | undefined {
  const plain = text.normalize("NFKC").replaceAll(/\p{Cf}/gu, "");
  const shape = shapes.find(([, pattern]) => pattern.test(plain));
  if (shape) return shape[0];
  if (holdsPassword(plain)) return "a password";
  if (holdsCardNumber(plain)) return "a card number";
  return holdsRandomToken(plain) ? "a token" : undefined;
}

const passwordName =
  "pass ?word|passwd|pass ?phrase|pass ?code|pwd|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord|пароль|密码|パスワード";
const keyName =
  "api[ _-]?key|access[ _-]?key|secret[ _-]?key|client[ _-]?secret|secret|auth[ _-]?token|access[ _-]?token|token";
const assignment = new RegExp(
  String.raw`(?<name>${passwordName}|${keyName}|\bpin(?: code)?)["']?\s*(?<sign>:=|=|:|：|->|\bis\b:?|\bist\b|\best\b|\bes\b|\bé\b|は|是)\s*(?<value>"[^"\n]+"|'[^'\n]+'|${"`"}[^${"`"}\n]+${"`"}|[^\s,;]+)(?<rest>[^\n]*)`,
  "giu",
);
const placeholder =
  /^(?:[$<{*%[]|process\.env|os\.environ|env\b|x{3,}|\.{3}|your|example|redacted|changeme)/iu;

function holdsPassword(text: string): boolean {
  for (const { groups } of text.matchAll(assignment)) {
    const { name = "", sign = "", value = "", rest = "" } = groups ?? {};
    if (isSecretValue(name.toLowerCase(), sign, value, rest)) return true;
  }
  return false;
}

function isSecretValue(name: string, sign: string, quoted: string, rest: string): boolean {
  const value = quoted.replaceAll(/^["'`]|["'`.!)]+$/gu, "");
  if (placeholder.test(value)) return false;
  if (name.startsWith("pin")) return /^\d{4,8}$/u.test(value);
  if (isKeyName.test(name)) return value.length >= 8 && looksChosen(value);
  if (value.length < 4) return false;
  return isGiven(sign, quoted, rest, value) || looksChosen(value);
}

/** Assigned, quoted, or alone behind a colon: then any word is a password. */
function isGiven(sign: string, quoted: string, rest: string, value: string): boolean {
  if (/^["'`]/u.test(quoted) || sign === "=" || sign === ":=") return true;
  return /^[:：]$/u.test(sign) && /^[\s.]*$/u.test(rest) && !ordinaryValue.test(value);
}

const isKeyName = new RegExp(`^(?:${keyName})$`, "iu");
const ordinaryValue =
  /^(?:required|optional|none|unknown|string|hidden|yes|no|true|false|null|empty|unset|nein|ja)$/iu;

/** A digit among letters, or a sign inside, as passwords have and words do not. */
function looksChosen(value: string): boolean {
  const hasBoth = /\p{L}/u.test(value) && /\p{N}/u.test(value);
  return (
    (hasBoth && !/^(?:\d+[a-z]{1,3}|1password|oauth2?|[a-z]+2fa)$/iu.test(value)) ||
    /\w[!@#$%^&*]+\w/u.test(value) ||
    /^\d{6,}$/u.test(value)
  );
}

/** 13 to 19 digits in groups, of an issuer that exists, with the right check digit (ISO/IEC 7812). */
function holdsCardNumber(text: string): boolean {
  return [...text.matchAll(/(?<![\d.+#/-])(?:\d[ -]?){12,18}\d(?![\d.])/gu)].some(([shown]) => {
    const digits = shown.replaceAll(/\D/gu, "");
    return /^(?:4|5[1-5]|2[2-7]|3[47]|3[068]|35|6)/u.test(digits) && passesLuhn(digits);
  });
}

function passesLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, i) => {
      const n = Number(digit) * (i % 2 === 1 ? 2 : 1);
      return total + (n > 9 ? n - 9 : n);
    }, 0);
  return sum % 10 === 0;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/giu;
const hashWord =
  /\b(?:commit|sha|sha1|sha256|md5|hash|checksum|digest|revision|rev|etag|fingerprint|blob|tree)\b/iu;

/** Long words of letters and digits in no order: keys of issuers that are not listed above. */
function holdsRandomToken(text: string): boolean {
  const words = text.replaceAll(uuid, " ").match(/[A-Za-z0-9+_=-]{20,}/gu) ?? [];
  return words.some((word) => {
    if (/^[0-9a-f]{32,}$/iu.test(word)) return !hashWord.test(text);
    return looksRandom(word);
  });
}

function looksRandom(word: string): boolean {
  const digitRuns = word.match(/\d+/gu)?.length ?? 0;
  const hasBothCases = /[a-z]/u.test(word) && /[A-Z]/u.test(word);
  if (!hasBothCases) return word.length >= 24 && digitRuns >= 5 && !/[-_+=]/u.test(word);
  const kinds = Array.from(word, (c) => (/\d/u.test(c) ? "0" : /[a-z]/u.test(c) ? "a" : "A"));
  const turns = kinds.filter((kind, i) => i > 0 && kind !== kinds[i - 1]).length;
  return digitRuns >= 3 && turns / word.length >= 0.4;
}
