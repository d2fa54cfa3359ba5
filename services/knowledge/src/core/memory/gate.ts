import { normalised } from "./normalise.ts";
import { secretIn } from "./secrets.ts";

/** Why a statement is not remembered, and what to do. `reason` is for programs. */
export type Refusal = { readonly reason: RefusalReason; readonly message: string };

const refusalReasons = [
  "secret",
  "empty",
  "no_words",
  "too_short",
  "small_talk",
  "question",
  "noise",
  "too_long",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** A statement is a sentence or a few; what is longer is a document. In UTF-16 units. */
export const longestStatement = 4_000;

const advice: Readonly<Record<Exclude<RefusalReason, "secret">, string>> = {
  empty: "it is empty; send a statement",
  no_words: "it has no letters or digits; send a statement in words",
  too_short:
    "it is too short to say anything by itself; write a whole statement, such as `the user likes tea`",
  small_talk: "it is a greeting or an acknowledgement; send what is worth knowing later",
  question: "it is a question; send what is true, such as its answer",
  noise: "it is encoded data or log output; write down what it shows in a sentence",
  too_long: `it is longer than ${longestStatement} characters; index it as a document (POST /v1/rag/documents) and remember its gist`,
};

/** Refuses what should not be remembered; undefined lets it pass. The message never repeats the text. */
export function refusalOf(content: string): Refusal | undefined {
  const secret = secretIn(content);
  if (secret !== undefined)
    return {
      reason: "secret",
      message: `it seems to hold ${secret}; leave the secret out and say where it is kept instead`,
    };
  const reason = junkReason(content);
  return reason && { reason, message: advice[reason] };
}

function junkReason(content: string): Exclude<RefusalReason, "secret"> | undefined {
  const text = normalised(content);
  if (content.replaceAll(/[\s\p{C}]+/gu, "") === "") return "empty";
  if (!/[\p{L}\p{N}]/u.test(text)) return "no_words";
  if (isTooShort(text)) return "too_short";
  if (isSmallTalk(text)) return "small_talk";
  if (isBareQuestion(content.trim())) return "question";
  if (isNoise(content)) return "noise";
  return content.length > longestStatement ? "too_long" : undefined;
}

/** A letter, or a number without anything it counts. A single Han character can be a word. */
function isTooShort(text: string): boolean {
  const told = text.match(/[\p{L}\p{N}]/gu) ?? [];
  return /^[\d\s.,:%-]+$/u.test(text) || (told.length < 2 && !/\p{Script=Han}/u.test(text));
}

const smallTalk: ReadonlySet<string> = new Set(
  `ok|okay|k|kk|yes|yeah|yep|yup|no|nope|nah|sure|fine|cool|nice|great|awesome|perfect|good|right|correct|exactly|got it|i see|understood|makes sense|
  thanks|thank you|thx|ty|many thanks|thanks a lot|thank you so much|thank you very much|cheers|you're welcome|youre welcome|np|no problem|
  hi|hello|hey|hey there|hi there|hello there|yo|good morning|good evening|good afternoon|good night|bye|goodbye|see you|see you later|later|how are you|
  lol|haha|hm|hmm|hmmm|uh|um|wow|oh|ah|oops|please|go on|continue|next|stop|wait|never mind|nevermind|idk|i don't know|test|testing|asdf|
  danke|danke schön|vielen dank|bitte|ja|nein|hallo|guten morgen|guten tag|guten abend|tschüss|servus|moin|gut|alles klar|genau|super|
  merci|merci beaucoup|oui|non|bonjour|salut|bonsoir|au revoir|d'accord|gracias|muchas gracias|sí|si|hola|buenos días|adiós|vale|
  grazie|ciao|buongiorno|prego|va bene|obrigado|obrigada|olá|sim|não|tchau|bedankt|dank je|спасибо|привет|да|нет|пока|хорошо|dziękuję|cześć|tak|
  谢谢|你好|好|好的|是|是的|再见|ありがとう|ありがとうございます|こんにちは|はい|いいえ|감사합니다|안녕하세요|네|شكرا|مرحبا|نعم|धन्यवाद|नमस्ते|teşekkürler|merhaba`
    .split("|")
    .map((phrase) => phrase.trim()),
);

/** Each part between commas and stops is a phrase of courtesy: "ok, thanks!", "hi there. good morning". */
function isSmallTalk(text: string): boolean {
  const parts = text
    .replaceAll("’", "'")
    .split(/[\p{Po}\p{S}\p{Pd}\n]+(?<!')/u)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return parts.length > 0 && parts.every((part) => isCourtesy(part));
}

function isCourtesy(part: string): boolean {
  if (smallTalk.has(part) || /^(?:(?:ha|he|lo|xa|ja|ah)+[hl]?|h?m{2,}|(\p{L})\1{2,})$/u.test(part))
    return true;
  const words = part.split(" ");
  return words.length <= 5 && words.every((word) => smallTalk.has(word) || courtesyWords.has(word));
}

const courtesyWords: ReadonlySet<string> = new Set([
  "so",
  "much",
  "very",
  "you",
  "thank",
  "all",
  "there",
  "then",
  "a",
  "lot",
  "again",
]);

/** One sentence that asks. A statement about a question quotes it or introduces it with a colon. */
function isBareQuestion(text: string): boolean {
  if (!/[?？؟]$/u.test(text)) return false;
  const isReport = /[:："“”«»„`]/u.test(text) || /^(?:the )?user\b/iu.test(text);
  const sentences = text.split(/[.!。！]\s|\n/u).filter((part) => /\p{L}/u.test(part));
  return !isReport && sentences.every((part) => /[?？؟]\s*$/u.test(part));
}

const logLine =
  /^\s*(?:\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d|(?:DEBUG|INFO|WARN|WARNING|ERROR|TRACE|FATAL)\b[:\s[]|at [\w.$<>]+ ?\(|\{"level")/u;

function isNoise(content: string): boolean {
  if (/[A-Za-z0-9+/=]{120,}|(?:[0-9a-f]{2}[ :]){24,}/iu.test(content)) return true;
  const lines = content.split("\n").filter((line) => line.trim() !== "");
  if (lines.length >= 2 && lines.filter((line) => logLine.test(line)).length / lines.length > 0.6)
    return true;
  const shown = content.replaceAll(/\s/gu, "");
  const told = shown.match(/[\p{L}\p{N}\p{M}]/gu)?.length ?? 0;
  return shown.length >= 24 && told / shown.length < 0.4;
}
