# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# What backup, restore and eval share: the knowledge service's own program (services/knowledge/src/cli.ts), in its container.

KNOWLEDGE_CLI=services/knowledge/src/cli.ts

# knowledge_require: its image is here, so that nothing is built or pulled by the way.
knowledge_require() {
  knowledge_image=benchai/knowledge:$(env_get BENCHAI_TAG local)
  docker image inspect --format '{{.Id}}' "$knowledge_image" >/dev/null 2>&1 ||
    die "there is no image $knowledge_image: ./benchai up builds it"
}

knowledge_runs() { [ -n "$(docker compose ps -q --status running knowledge 2>/dev/null)" ]; }

# knowledge_do COMMAND...: in the running container, else in one for the occasion on the same volume.
knowledge_do() {
  if knowledge_runs; then docker compose exec -T knowledge "$@"; else knowledge_once "$@"; fi
}

knowledge_once() { docker compose run --rm --no-deps -T knowledge "$@"; }

# from_caller PATH: as it was meant in the folder that we were called from.
from_caller() {
  case $1 in
  /*) printf '%s' "$1" ;;
  *) printf '%s/%s' "${OLDPWD:-$PWD}" "$1" ;;
  esac
}
