import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { sandbox, type Sandbox } from "./sandbox.ts";

/** What the stub engine knows: each is a file that the stub prints. */
type Answer =
  | "version"
  | "info"
  | "error"
  | "holders"
  | "folders"
  | "images"
  | "pull-error"
  | "up-error"
  | "workers"
  | "services"
  | "build-script"
  /** The knowledge service's container, when it runs; what its program says, by command; the bytes of a backup. */
  | "knowledge"
  | "backup-said"
  | "backups-said"
  | "backup-bytes"
  | "restore-said"
  | "restore-error"
  | "eval-said"
  | "eval-error";

export type StubEngine = Sandbox & {
  answer(name: Answer, text: string): void;
  /** Every docker command line so far. */
  calls(): string[];
  /** Those that change something. */
  mutations(): string[];
};

const info = `plugin-buildx=0.29.1
plugin-compose=2.40.3
os=Debian
security=[name=seccomp]
runtimes=runc 
root=/
`;

/**
 * A `docker` that answers from files and logs what it is asked, for the launcher's decisions. What it builds or pulls
 * is an image from then on. The real engine is the container tests' business.
 */
const script = `
D=\${0%/*}/docker.d
printf "%s\\n" "$(printf %s "$*" | tr "\\n" " ")" >>"$D/calls"
give() { cat "$D/$1" 2>/dev/null || :; }
fail() { give "$1" >&2; exit 1; }
case "$*" in
'version --format'*) [ ! -e "$D/error" ] || fail error; give version ;;
'info --format'*) give info ;;
'context inspect'*) echo unix:///nonexistent/docker.sock ;;
'context show') echo default ;;
'ps --filter publish='*) give holders ;;
'ps -aq --filter label=ai.benchai.stack='*) give workers ;;
'ps -aq --filter label=com.docker.compose.project='*) give services ;;
'ps --filter label=com.docker.compose.project='*) give folders ;;
'image inspect'*)
  for image; do :; done
  grep -qxF -- "$image" "$D/images" || exit 1
  case "$*" in *offline-key*) give key ;; *) echo "id-of-$image" ;; esac ;;
'pull '*) [ ! -e "$D/pull-error" ] || fail pull-error; echo "$2" >>"$D/images" ;;
'buildx build'*)
  while [ $# -gt 0 ]; do
    case $1 in
    -t) echo "$2" >>"$D/images" ;;
    --label) echo "\${2#*=}" >"$D/key" ;;
    esac
    shift
  done ;;
'compose config --images') printf 'benchai-router\\nbenchai-controller\\n' ;;
'compose config --services') printf 'router\\ncontroller\\nvalkey\\n' ;;
'compose build') [ ! -e "$D/build-script" ] || . "$D/build-script"; printf 'benchai-router\\nbenchai-controller\\n' >>"$D/images" ;;
'compose up'*) [ ! -e "$D/up-error" ] || fail up-error ;;
'compose ps -q --status running knowledge') give knowledge ;;
'compose '*' node services/knowledge/src/cli.ts restore '*)
  cat >"$D/restored"
  [ ! -e "$D/restore-error" ] || fail restore-error
  give restore-said ;;
'compose '*' node services/knowledge/src/cli.ts eval'*)
  cat >"$D/asked"
  [ ! -e "$D/eval-error" ] || fail eval-error
  give eval-said ;;
'compose '*' node services/knowledge/src/cli.ts backups') give backups-said ;;
'compose '*' node services/knowledge/src/cli.ts backup'*)
  [ -e "$D/backup-said" ] || { echo 'knowledge.db: the disk that holds it is full' >&2; exit 1; }
  give backup-said ;;
'compose '*' knowledge cat '*) give backup-bytes ;;
'compose ps'*) printf 'router exited \\nvalkey running healthy\\n' ;;
'compose logs'*) echo "last words of $*" ;;
esac
`;

const looks =
  /^(version|info|context|ps|image inspect|inspect|logs|network ls|compose (config|ps|logs|version))\b/u;

/** A sandbox with a usable stub engine: everything public is there already, nothing runs. */
export function stubEngine(): StubEngine {
  const box = sandbox();
  const dir = join(box.bin, "docker.d");
  mkdirSync(dir);
  const answer = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  box.stub("docker", script);
  answer("version", "28.5.2 1.51\n");
  answer("info", info);
  answer("images", "node:24-bookworm-slim\nvalkey/valkey:9\nghcr.io/ggml-org/llama.cpp:server\n");
  appendFileSync(join(dir, "calls"), "");
  box.write("docker-compose.yml", "services: {}\n");
  box.write("services/router/src/main.ts", "export {};\n");
  const calls = (): string[] =>
    existsSync(dir) ? readFileSync(join(dir, "calls"), "utf8").split("\n").filter(Boolean) : [];
  return { ...box, answer, calls, mutations: () => calls().filter((line) => !looks.test(line)) };
}

/** A container line as the launcher asks `docker ps` for it. */
export const psLine = (name: string, project: string, folder: string): string =>
  `${name}\t${project}\t${folder}\n`;
