import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryFolder } from "./folder.ts";

/** What the recogniser wants: 16-bit samples, one channel. */
export const recogniserRateHz = 16_000;

/** Debian's pocketsphinx-en-us. */
const models = "/usr/share/pocketsphinx/model/en-us";
const missing =
  "the test needs pocketsphinx and its English model: apt-get install pocketsphinx pocketsphinx-en-us (./benchai test does)";

type Program = { readonly name: string; readonly args: (wav: string) => readonly string[] };

/** The program of pocketsphinx 0.8 (Debian 12), and that of 5. */
const programs: readonly Program[] = [
  { name: "pocketsphinx_continuous", args: (wav) => ["-infile", wav, "-logfn", "/dev/null"] },
  { name: "pocketsphinx", args: (wav) => ["-loglevel", "FATAL", "single", wav] },
];
/** Wide beams, as a voice that is made loses the right words by the usual ones; the best path of 5 leaves out the last words. */
const search = "-beam 1e-80 -pbeam 1e-80 -wbeam 1e-60 -bestpath no".split(" ");

/** Hears which of some English phrases, in small letters, is said in a sound of `recogniserRateHz`; "" for none. */
export function recogniserOf(phrases: readonly string[]): (samples: Int16Array) => string {
  const program = programs.find(({ name }) => !spawnSync(name, ["-h"]).error);
  if (!program) throw new Error(missing);
  const folder = temporaryFolder();
  const [grammar, wav] = [join(folder, "phrases.gram"), join(folder, "phrase.wav")];
  writeFileSync(grammar, `#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = ${phrases.join(" | ")};\n`);
  const model = [
    "-hmm",
    join(models, "en-us"),
    "-dict",
    join(models, "cmudict-en-us.dict"),
    "-jsgf",
    grammar,
    ...search,
  ];
  return (samples) => {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    execFileSync(
      "ffmpeg",
      ["-v", "error", ..."-y -f s16le -ac 1".split(" "), "-ar", `${recogniserRateHz}`, "-i", "pipe:0", wav],
      { input: bytes },
    );
    const { status, stdout, stderr } = spawnSync(program.name, [...model, ...program.args(wav)], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${program.name} failed, ${missing}: ${stderr}`);
    return textOf(stdout);
  };
}

/** Version 0.8 prints the words, 5 a line of JSON whose `t` they are. */
function textOf(said: string): string {
  const text = said.startsWith("{") ? (/"t":"(?<text>[^"]*)"/u.exec(said)?.groups?.["text"] ?? "") : said;
  return text.trim().replaceAll(/\s+/gu, " ");
}
