/** A voice as an engine has it. */
export type EngineVoice = {
  /** The engine's own name for it, unique within the engine. */
  readonly id: string;
  readonly name: string;
  /** BCP 47, the one that it is made for first. */
  readonly languages: readonly string[];
  readonly gender?: "female" | "male";
};
