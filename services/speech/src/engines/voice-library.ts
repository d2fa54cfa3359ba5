import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import type { Speaker } from "../core/voice-speakers.ts";
import { type FolderEntry, type VoiceModel, voiceModel } from "../core/voice-folder.ts";
import type { EngineVoice } from "./engine.ts";

/** A model as the process that speaks loads it. */
export type LoadableModel = {
  /** Other than before when the files are. */
  readonly key: string;
  /** sherpa-onnx's `OfflineTtsModelConfig`: one kind of model, with whole paths. */
  readonly config: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of its files: about what it takes in memory. */
  readonly bytes: number;
};

type NeuralVoice = {
  readonly voice: EngineVoice;
  readonly model: LoadableModel;
  readonly at: number;
  /** Of the files' names, sizes and times. */
  readonly fingerprint: string;
};

export type VoiceLibrary = {
  readonly voices: ReadonlyMap<string, NeuralVoice>;
  /** Folders that hold no voice that can be used, and why. */
  readonly problems: readonly string[];
};

type Folder = {
  readonly name: string;
  readonly path: string;
  readonly entries: readonly (FolderEntry & { readonly mtimeMs: number })[];
};

/** The voices in a folder of folders; `systemRules` is where espeak-ng's pronunciation rules are, for models without their own. */
export async function scanVoices(voicesDir: string, systemRules: string | undefined): Promise<VoiceLibrary> {
  const voices = new Map<string, NeuralVoice>();
  const problems: string[] = [];
  for (const folder of await foldersOf(voicesDir)) {
    const model = voiceModel({ ...folder, description: await descriptionOf(folder) });
    const problem = "problem" in model ? model.problem : withoutRules(model, systemRules);
    if ("problem" in model || problem !== undefined) {
      problems.push(`${folder.name} cannot be used as a voice: ${problem}`);
      continue;
    }
    for (const speaker of model.speakers) {
      const id = idOf(folder.name, model, speaker, voices);
      const name = speaker.name === "" ? id : `${speaker.name} (${folder.name})`;
      const { language, gender, at } = speaker;
      voices.set(id, {
        voice: { id, name, languages: [language], ...(gender && { gender }) },
        model: loadable(folder, model, speaker, systemRules ?? ""),
        at,
        fingerprint: fingerprintOf(folder),
      });
    }
  }
  return { voices, problems };
}

async function foldersOf(voicesDir: string): Promise<Folder[]> {
  const names = await readdir(voicesDir).catch(() => []);
  const shown = names.filter((name) => !name.startsWith(".")).toSorted();
  const folders = await Promise.all(shown.map((name) => folderOf(name, join(voicesDir, name))));
  return folders.flatMap((folder) => folder ?? []);
}

/** Undefined for what is no folder, or is just being taken away. */
async function folderOf(name: string, path: string): Promise<Folder | undefined> {
  try {
    const files = (await readdir(path)).toSorted();
    const entries = files.map(async (file) => {
      const found = await stat(join(path, file));
      return { name: file, bytes: found.isFile() ? found.size : 0, mtimeMs: found.mtimeMs };
    });
    return { name, path, entries: await Promise.all(entries) };
  } catch {
    return undefined;
  }
}

async function descriptionOf({ path, entries }: Folder): Promise<unknown> {
  const file = entries.find(({ name }) => name.endsWith(".onnx.json"))?.name;
  try {
    return file === undefined ? undefined : JSON.parse(await readFile(join(path, file), "utf8"));
  } catch {
    return undefined;
  }
}

function withoutRules({ rules }: VoiceModel, systemRules: string | undefined): string | undefined {
  return rules === "system" && systemRules === undefined
    ? "it has no espeak-ng-data, and espeak-ng is not installed"
    : undefined;
}

/** `en_US-amy-low` for a voice by itself, `kokoro:af_bella` for one of several, with the folder's name when there are two such. */
function idOf(
  folder: string,
  { kind }: VoiceModel,
  { name }: Speaker,
  taken: ReadonlyMap<string, NeuralVoice>,
): string {
  if (name === "") {
    const short = folder.replace(/^vits-piper-/u, "");
    return taken.has(short) ? folder : short;
  }
  const id = `${kind === "vits" ? folder : kind}:${name}`;
  return taken.has(id) ? `${folder}:${name}` : id;
}

function loadable(
  folder: Folder,
  { kind, files, lexicons, rules }: VoiceModel,
  speaker: Speaker,
  systemRules: string,
): LoadableModel {
  const { path, entries } = folder;
  const whole = Object.entries(files).map(([setting, file]) => [setting, join(path, file)] as const);
  const lang = kind === "kokoro" ? kokoroLang(speaker, lexicons) : undefined;
  const settings = {
    ...Object.fromEntries(whole),
    ...(rules !== "none" && { dataDir: rules === "own" ? join(path, "espeak-ng-data") : systemRules }),
    ...(lexicons.length > 0 &&
      lang === undefined && { lexicon: lexicons.map((file) => join(path, file)).join(",") }),
    ...(lang !== undefined && { lang }),
  };
  const loaded = new Set(Object.values(files));
  const bytes = entries.reduce((sum, entry) => sum + (loaded.has(entry.name) ? entry.bytes : 0), 0);
  return { key: `${fingerprintOf(folder)} ${path} ${lang ?? ""}`, config: { [kind]: settings }, bytes };
}

/** Kokoro's lexicons are of English and Chinese; the other languages go by espeak's rules (sherpa-onnx, `--kokoro-lang`). */
function kokoroLang({ language }: Speaker, lexicons: readonly string[]): string | undefined {
  const hasLexicon = lexicons.length > 0 && /^(?:en|zh)\b/u.test(language);
  if (hasLexicon) return undefined;
  return language.startsWith("en") ? "en" : language.toLowerCase();
}

function fingerprintOf({ entries }: Folder): string {
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 16);
}
