import { AppError } from "@benchai/contract/errors";

import { headingPatch, type PatchStyle, postBody } from "../../core/vault/rest-patch.ts";
import type { RestFiles, StoredFile } from "./rest-files.ts";

/** Lines that are to be added to a note, whatever it has become meanwhile. */
export type Addition = {
  readonly path: string;
  readonly before: StoredFile;
  readonly beforeText: string;
  readonly afterText: string;
  /** The heading below which they go; undefined for the end of the note. */
  readonly under: readonly string[] | undefined;
};

/**
 * Adds lines by the plugin's own POST or PATCH, so that what somebody else writes at the same moment is not lost. For
 * plugins that know no tags; others do the same with a guarded PUT. False when the plugin has no request for exactly
 * this change, or refuses it; nothing has changed then.
 */
export async function addByPlugin(
  files: RestFiles,
  addition: Addition,
  style: PatchStyle | undefined,
): Promise<boolean> {
  const { path, beforeText, afterText, under } = addition;
  if (under === undefined) {
    const body = postBody(beforeText, afterText);
    if (body === undefined) return false;
    return added(files, addition, body, () => files.plugin.post(files.at(path), body));
  }
  const patch = style && headingPatch(style, beforeText, afterText, under);
  if (!patch) return false;
  const { headers, body } = patch;
  return added(files, addition, body, () => files.plugin.patch(files.at(path), headers, body));
}

/** Sends, and looks what has become of it; when the answer is lost, that tells as well. */
async function added(
  files: RestFiles,
  addition: Addition,
  body: string,
  send: () => Promise<boolean>,
): Promise<boolean> {
  const { path, before } = addition;
  const sent = await send().catch((error: unknown) => ({ error }));
  if (sent === false) return false;
  const now = await files.find(path);
  if (now && isIn(now.bytes.toString(), body) && now.etag !== before.etag)
    return settle(files, addition, body, now);
  throw sent === true ? overtaken(path) : sent.error;
}

/** The lines are in the note; they must be where they belong. */
async function settle(
  files: RestFiles,
  { path, beforeText, afterText }: Addition,
  body: string,
  now: StoredFile,
): Promise<boolean> {
  // When it is not what was expected somebody else's change is in there too: theirs and ours are both kept.
  const text = now.bytes.toString();
  if (text === afterText || !isMisplaced(beforeText, text, body)) return true;
  if (await files.replace(path, now, Buffer.from(afterText))) return true;
  throw overtaken(path);
}

function isIn(text: string, body: string): boolean {
  return text.includes(body.trim());
}

/**
 * Whether a text is the old one with nothing but the body more, in another place; or the body alone, which is what
 * becomes of a note that Obsidian did not have in its index yet.
 */
function isMisplaced(before: string, now: string, body: string): boolean {
  const bare = (text: string) => text.replaceAll(/\s+/gu, "");
  const [old, more, all] = [bare(before), bare(body), bare(now)];
  if (all === more) return true;
  if (all.length !== old.length + more.length) return false;
  let same = 0;
  while (same < old.length && old[same] === all[same]) same += 1;
  return old.slice(same) === all.slice(same + more.length);
}

function overtaken(path: string): AppError {
  return new AppError(
    "note_changed",
    `lines were added to ${JSON.stringify(path)}, and it was changed right after by another program. Read it again`,
  );
}
