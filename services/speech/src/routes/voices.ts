import { Type } from "typebox";

import { VoiceList, type VoiceView } from "@benchai/contract/speech";
import type { App } from "@benchai/kernel/app";

export type VoiceDeps = {
  voices(): Promise<VoiceView[]>;
  /** The engines' names. */
  readonly engines: readonly string[];
};

const EngineList = Type.Object({
  object: Type.Literal("list"),
  data: Type.Array(
    Type.Object({
      id: Type.String(),
      object: Type.Literal("model"),
      created: Type.Integer(),
      owned_by: Type.String(),
    }),
  ),
});

/** What can be asked for. */
export function voiceRoutes(app: App, deps: VoiceDeps): void {
  app.get(
    "/v1/audio/voices",
    { schema: { summary: "Lists the installed voices", response: { 200: VoiceList } } },
    async () => ({ object: "list" as const, data: await deps.voices() }),
  );
  app.get(
    "/v1/audio/models",
    { schema: { summary: "Lists the engines, as models", response: { 200: EngineList } } },
    async () => ({
      object: "list" as const,
      data: deps.engines.map((id) => ({ id, object: "model" as const, created: 0, owned_by: "benchai" })),
    }),
  );
}
