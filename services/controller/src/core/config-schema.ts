import { type Static, Type } from "typebox";

import { EnrichmentRequest } from "@benchai/contract/enrichment";
import { modelKinds } from "@benchai/contract/models";

const strict = { additionalProperties: false } as const;

export const devices = ["auto", "cpu", "gpu"] as const;
const Device = Type.Enum(devices);
const Kind = Type.Enum(modelKinds);

/** What may be set for every model and overridden for one. */
export const common = {
  /** Tokens one conversation may hold, or one input that is embedded or ranked. */
  context: Type.Optional(Type.Integer({ minimum: 16, maximum: 16_777_216 })),
  /** Requests the model answers at the same time. */
  parallel: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
  /** Unloaded after so many seconds without a request. */
  idleS: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
  /** CPU threads for one worker. */
  threads: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_024 })),
  device: Type.Optional(Device),
  /** More arguments for the model server, as they would stand on its command line. */
  flags: Type.Optional(Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 64 })),
  /** Another worker image than the stack's. */
  image: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
};

export const Model = Type.Object(
  {
    ...common,
    /** The file in models/; without it, the name with `.gguf`, or with `.bin` for a transcription model. */
    file: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024, pattern: "^[^/\\\\]+\\.(gguf|bin)$" })),
    aliases: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: 64 })),
    kind: Type.Optional(Kind),
    /** Loaded at start and never unloaded. */
    pin: Type.Optional(Type.Boolean()),
    /** Instead of the estimate from the file. */
    memoryMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
  },
  strict,
);

/** A virtual model. What it may put into prompts is worded as in the request field `benchai`. */
export const Assistant = Type.Object(
  {
    /** The name or an alias of a model, configured or found; one that is not there shows in `GET /v1/models`. */
    model: Type.String({ minLength: 1, maxLength: 512 }),
    description: Type.Optional(Type.String({ maxLength: 1_000 })),
    /** Stands before the client's own system message. */
    system: Type.Optional(Type.String({ maxLength: 65_536 })),
    voice: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    memory: EnrichmentRequest.properties.memory,
    rag: EnrichmentRequest.properties.rag,
    save: EnrichmentRequest.properties.save,
    /** Tokens that retrieved text may take in one prompt. */
    budgetTokens: Type.Optional(Type.Integer({ minimum: 64, maximum: 1_000_000 })),
  },
  strict,
);

/** Hashes, so that whoever reads the file or a snapshot cannot act for anybody. */
export const Owner = Type.Object(
  { keys: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" }), { maxItems: 256 }) },
  strict,
);

export const Config = Type.Object(
  {
    limits: Type.Optional(
      Type.Object(
        {
          /** Models loaded at the same time. */
          maxLoaded: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_024 })),
          /** Memory for all workers together; without it, four fifths of the machine's. */
          memoryMiB: Type.Optional(Type.Integer({ minimum: 1, maximum: 16_777_216 })),
          /** A load that takes longer has failed. */
          loadDeadlineS: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
        },
        strict,
      ),
    ),
    defaults: Type.Optional(Type.Object(common, strict)),
    models: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Model)),
    assistants: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Assistant)),
    owners: Type.Optional(Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Owner)),
  },
  strict,
);
export type Config = Static<typeof Config>;
export type ModelConfig = Static<typeof Model>;
export type AssistantConfig = Static<typeof Assistant>;
