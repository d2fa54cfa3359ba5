import { readFile } from "node:fs/promises";

import { parseConfig, problemsText } from "../core/config.ts";
import type { Config } from "../core/config-schema.ts";

export type LoadedConfig = {
  readonly config: Config;
  /** What is wrong with the file as it is now; the configuration is then the last good one. */
  readonly problem: string | undefined;
};

/** Reads `benchai.yaml` whenever asked, and keeps the last good configuration when it cannot be used. */
export class ConfigFile {
  readonly #path: string;
  #text: string | undefined;
  #loaded: LoadedConfig = { config: {}, problem: undefined };

  constructor(path: string) {
    this.#path = path;
  }

  async load(): Promise<LoadedConfig> {
    try {
      const text = await readFile(this.#path, "utf8").catch(emptyWhenMissing);
      if (text !== this.#text) this.#loaded = this.#parse(text);
      this.#text = text;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
      this.#loaded = {
        ...this.#loaded,
        problem: `benchai.yaml cannot be read (${code}); make it readable for user 1000`,
      };
      this.#text = undefined;
    }
    return this.#loaded;
  }

  #parse(text: string): LoadedConfig {
    const parsed = parseConfig(text);
    if (parsed.ok) return { config: parsed.config, problem: undefined };
    return { ...this.#loaded, problem: problemsText("benchai.yaml", parsed.problems) };
  }
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
