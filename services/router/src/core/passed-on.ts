import { AppError } from "@benchai/contract/errors";

/**
 * The parts of other services' APIs that clients reach, by the beginning of their paths: nothing else of them can be
 * asked for, least of all what is internal (SECURITY B2). `own`: the path itself is a route, `below`: paths under it are.
 */
export const passedOnPaths = [
  { service: "knowledge", path: "/v1/memory", own: false, below: true },
  { service: "knowledge", path: "/v1/rag", own: false, below: true },
  { service: "knowledge", path: "/v1/files", own: true, below: true },
  { service: "knowledge", path: "/v1/jobs", own: true, below: true },
  { service: "knowledge", path: "/v1/obsidian", own: false, below: true },
  { service: "knowledge", path: "/mcp", own: true, below: false },
  { service: "speech", path: "/v1/audio", own: false, below: true },
] as const;

/** A service that answers for itself behind the router. */
export type PassedService = (typeof passedOnPaths)[number]["service"];

/** The service that a path, without its query, belongs to; undefined for the router's own. */
export function serviceOf(path: string): PassedService | undefined {
  return passedOnPaths.find(
    (route) => (route.own && path === route.path) || (route.below && path.startsWith(`${route.path}/`)),
  )?.service;
}

/** Whether the answer to this target comes only when a whole recording has been heard: after minutes, or hours. */
export function isTranscription(target: string): boolean {
  return /^\/v1\/audio\/(?:transcriptions|translations)(?:\?|$)/.test(target);
}

/** A chat that the speech service has with a model of ours in its client's name: it needs what the client is known by. */
export function isSpokenChat(target: string): boolean {
  return /^\/v1\/audio\/chat(?:\/completions)?(?:\?|$)/.test(target);
}

/** The only target that may become a WebSocket: a text that is spoken while it is written. */
export function isLiveSpeech(target: string): boolean {
  return /^\/v1\/audio\/speech\/live(?:\?|$)/.test(target);
}

/** What may stand in a path, and in a query as it is (RFC 3986, `pchar` and `query`; brackets are common in queries). */
const plainPath = /^[\w.~!$&'()*+,;=:@%/-]*$/;
const plainQuery = /^[\w.~!$&'()*+,;=:@%/?[\]|-]*$/;
const maxChars = 8_192;

/**
 * A request's target as it may be sent on, as it was written: percent-encoding stands, since names of files need it.
 * Throws a 400 for whatever two servers could read differently: dots as segments, slashes in disguise, empty segments.
 */
export function passedTarget(target: string, service: PassedService): string {
  const at = target.indexOf("?");
  const path = at === -1 ? target : target.slice(0, at);
  const query = at === -1 ? "" : target.slice(at + 1);
  const isPlain = target.length <= maxChars && plainPath.test(path) && plainQuery.test(query);
  // The route was found by the decoded path: the path as it is written must begin with one of ours as well.
  if (isPlain && serviceOf(path) === service && path.slice(1).split("/").every(isPlainSegment)) return target;
  throw new AppError(
    "invalid_request",
    "the path or query is not written plainly; percent-encode names, once",
    {
      param: "path",
    },
  );
}

function isPlainSegment(segment: string): boolean {
  const text = decoded(segment);
  return text !== undefined && text !== "" && text !== "." && text !== ".." && !/[/\\\p{Cc}]/u.test(text);
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
