import { type Static, Type } from "typebox";

/** What one router needs of one model right now. All counts are current, none is a total. */
export const ModelDemand = Type.Object({
  inFlight: Type.Integer({ minimum: 0 }),
  queued: Type.Integer({ minimum: 0 }),
  oldestWaitMs: Type.Number({ minimum: 0 }),
});
export type ModelDemand = Static<typeof ModelDemand>;

/**
 * `PUT /demand`: the whole demand of one router, by model name, replacing what it said before.
 * It holds for `demandTtlMs` unless renewed; a model that is not named is not needed.
 */
export const DemandReport = Type.Object({
  routerId: Type.String({ minLength: 1, maxLength: 128 }),
  models: Type.Record(Type.String(), ModelDemand),
});
export type DemandReport = Static<typeof DemandReport>;

/** How long a demand report holds, and how often a router renews one that is not empty, in ms. */
export const demandTtlMs = 5_000;
export const demandRenewMs = 1_000;
