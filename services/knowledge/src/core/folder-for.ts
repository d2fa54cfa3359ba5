import { defaultOwner } from "@benchai/contract/enrichment";
import { AppError } from "@benchai/contract/errors";

/** The mounted folder's name in requests, wherever it is mounted. */
const historicRoot = "/documents";

/**
 * The folder below the documents folder that a request means, with forward slashes; `""` is the documents folder
 * itself. Absolute paths are taken as the historic API spelled them, from `/documents`. The machine's owner may use
 * any folder, everybody else the one that is named like them: what lies elsewhere does not exist for them (A9).
 */
export function folderFor(owner: string, path: string): string {
  const segments = relativeSegments(path);
  if (owner !== defaultOwner && segments[0] !== owner)
    throw new AppError(
      "not_found",
      `there is no folder ${JSON.stringify(path)}; yours is ${JSON.stringify(owner)} below the documents folder`,
      { param: "path" },
    );
  return segments.join("/");
}

/** A path that somebody gave to a document that they handed over: relative, normalised. */
export function documentPathFor(path: string): string {
  const segments = relativeSegments(path);
  if (segments.length > 0) return segments.join("/");
  throw new AppError("invalid_request", "`path` must name the document", { param: "path" });
}

function relativeSegments(path: string): string[] {
  const normal = path.replaceAll("\\", "/");
  const isHistoric = normal === historicRoot || normal.startsWith(`${historicRoot}/`);
  const inside = isHistoric ? normal.slice(historicRoot.length + 1) : normal;
  const segments = inside.split("/").filter((segment) => segment !== "" && segment !== ".");
  if ((inside.startsWith("/") && !isHistoric) || segments.includes("..") || hasControlCharacter(path))
    throw new AppError(
      "invalid_request",
      `${JSON.stringify(path)} leads out of the documents folder; give a path relative to it`,
      { param: "path" },
    );
  return segments;
}

/** NUL ends a path for the system; line feeds and their like forge lines in logs and citations. */
export function hasControlCharacter(name: string): boolean {
  return /\p{Cc}/u.test(name);
}
