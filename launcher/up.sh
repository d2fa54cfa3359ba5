# shellcheck shell=sh disable=SC2034,SC2154,SC2016,SC2153
# up: from whatever this machine has to a stack that answers. Every step looks first and can be run again.

use engine images port build

cmd_up() {
  up_options "$@"
  stack_names
  lock "$STATE/lock" "./benchai up"
  up_from=$(now)
  up_engine
  other_folder_check
  images_choose
  up_env
  build_stack
  up_start
  up_show
}

up_options() {
  OFFLINE='' NO_INSTALL='' PULL=''
  for option; do
    case $option in
    --offline) OFFLINE=1 ;;
    --no-install) NO_INSTALL=1 ;;
    --pull) PULL=1 ;;
    *) die "up does not know '$option': ./benchai up [--offline] [--no-install] [--pull]" ;;
    esac
  done
}

# The port is looked at before anything is installed, and again when a new engine may have brought containers back.
up_engine() {
  own_path
  engine_probe
  port_check
  if [ "$ENGINE_STATE" != ok ]; then
    engine_ensure
    port_check
  fi
  engine_socket
  # Not for us: for the line that we print and for ./benchai pull.
  apt_tool curl curl "for the line that is printed at the end" || warn "curl is missing, which ./benchai pull and the line printed at the end need: install it"
  phase engine "Docker $ENGINE_VERSION (API $ENGINE_API), Compose $COMPOSE_VERSION"
}

# What compose needs to know of this machine. Folders that compose mounts are made here, as Docker would make them for
# root alone.
up_env() {
  for folder in "$MODELS" "$DOCUMENTS" "$VOICES" "$BENCHAI_HOME/config"; do
    [ -d "$folder" ] || (umask 022 && mkdir -p "$folder") || die "cannot make $folder: check the rights of its parent folder"
  done
  NPM_REGISTRY=$(npm_registry)
  env_write "$(up_env_lines)"
}

up_env_lines() {
  echo "NODE_IMAGE=$NODE_IMAGE"
  echo "VALKEY_IMAGE=$VALKEY_IMAGE"
  echo "LLAMA_IMAGE=$LLAMA_IMAGE"
  [ -z "$WHISPER_IMAGE" ] || echo "WHISPER_IMAGE=$WHISPER_IMAGE"
  echo "WORKER_IMAGE_PULL=$WORKER_IMAGE_PULL"
  echo "DOCKER_SOCK=$DOCKER_SOCK"
  echo "DOCKER_GID=$DOCKER_GID"
  [ -z "$NPM_REGISTRY" ] || echo "NPM_REGISTRY=$NPM_REGISTRY"
}

up_start() {
  if ! run_phase start "starting and waiting until all is ready" docker compose up -d --wait --wait-timeout 180; then
    up_failed_services
    die "the stack did not become ready within $PHASE_SECONDS ($(why_failed "$PHASE_LOG")): ./benchai doctor looks for the cause, ./benchai logs shows all"
  fi
  phase start "ready ($PHASE_SECONDS)"
}

# The last words of each service that is not well.
up_failed_services() {
  docker compose ps -a --format '{{.Service}} {{.State}} {{.Health}}' 2>/dev/null |
    while read -r service state health; do
      case $state/$health in running/healthy | running/) continue ;; esac
      say "  $service is $state${health:+, $health}; its last lines:" >&2
      docker compose logs --no-color --no-log-prefix --tail 12 "$service" 2>&1 </dev/null | sed 's/^/  | /' >&2
    done
}

up_show() {
  case $BIND in 0.0.0.0 | '::' | '') up_url=http://127.0.0.1:$PORT ;; *) up_url=http://$BIND:$PORT ;; esac
  up_models=$(up_fetch_models | model_ids)
  phase url "$up_url/v1 (all in $(seconds_since "$up_from"))"
  phase models "$(printf '%s' "$up_models" | tr '\n' ' ')"
  up_first=$(printf '%s\n' "$up_models" | head -n 1)
  [ -n "$up_first" ] || die "the stack is up but serves no model: ./benchai status shows why"
  phase try "$(curl_line "$up_url" "$up_first")"
  [ "$up_models" != tiny-chat ] ||
    phase next "tiny-chat only proves that all works; a real model: ./benchai pull hf:Qwen/Qwen3-0.6B-GGUF:Q8_0"
}

# Without curl on the machine the router's own Node asks.
up_fetch_models() {
  if has curl; then
    curl -fsS --max-time 10 "$up_url/v1/models"
  else
    docker compose exec -T router node -e 'fetch("http://127.0.0.1:8085/v1/models").then((r) => r.text()).then(console.log)' </dev/null
  fi 2>/dev/null || :
}

# model_ids: the `id`s of a model list, one a line, still escaped as in JSON.
model_ids() { grep -o '"id" *: *"\([^"\\]\|\\.\)*"' | sed 's/^"id" *: *"\(.*\)"$/\1/'; }

# curl_line URL MODEL: a line to paste. MODEL is JSON text; the single quotes are for the shell.
curl_line() {
  printf "curl -N %s/v1/chat/completions -H 'content-type: application/json' -d '%s'\n" "$1" \
    "$(printf '{"model":"%s","stream":true,"messages":[{"role":"user","content":"Hello"}]}' "$2" | sed "s/'/'\\\\''/g")"
}
