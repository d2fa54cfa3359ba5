import { type Static, Type } from "typebox";
import { Value } from "typebox/value";

import type { Ingest } from "./ingest.ts";
import type { JobKind } from "@benchai/contract/jobs";
import type { JobHandler } from "@benchai/jobs/job";

/** What an `index` job is about: a folder, or a file that was handed over and the path it was given. */
export const IndexPayload = Type.Union([
  Type.Object({ source_id: Type.Integer() }, { additionalProperties: false }),
  Type.Object(
    {
      source_id: Type.Integer(),
      file_id: Type.String(),
      path: Type.String(),
      media_type: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
]);
export type IndexPayload = Static<typeof IndexPayload>;

/** The handler of `index` jobs. */
export function indexJob(ingest: Ingest): JobHandler<JobKind> {
  return async ({ payload }, control) => {
    if (!Value.Check(IndexPayload, payload)) throw new Error("an index job without its source");
    if (!("file_id" in payload)) return (await ingest.indexFolder(payload.source_id, control)).result;
    const { source_id: sourceId, file_id: fileId, path, media_type: mediaType } = payload;
    const type = mediaType === undefined ? {} : { mediaType };
    return ingest.indexFile({ sourceId, fileId, path, ...type }, control);
  };
}
