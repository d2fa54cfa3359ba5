import type { VoiceView } from "@benchai/contract/speech";
import type { App } from "@benchai/kernel/app";

export type VoiceDeps = {
  voices(): Promise<readonly VoiceView[]>;
  /** The engines' names. */
  readonly engines: readonly string[];
};

/** What can be asked for. */
export function voiceRoutes(app: App, deps: VoiceDeps): void {
  app.get("/v1/audio/voices", { schema: { summary: "Lists the installed voices" } }, async () => ({
    object: "list",
    data: await deps.voices(),
  }));
  app.get("/v1/audio/models", { schema: { summary: "Lists the engines, as models" } }, async () => ({
    object: "list",
    data: deps.engines.map((id) => ({ id, object: "model", created: 0, owned_by: "benchai" })),
  }));
}
