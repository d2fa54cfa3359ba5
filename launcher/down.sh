# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# down: the stack's containers and network go, workers included; volumes stay unless --volumes. Only what carries our
# labels is touched.

use engine port

cmd_down() {
  down_volumes=
  for option; do
    case $option in
    --volumes | -v) down_volumes=--volumes ;;
    *) die "down does not know '$option': ./benchai down [--volumes]" ;;
    esac
  done
  stack_names
  engine_require
  other_folder_check
  lock "$STATE/lock" "./benchai up"
  # The controller first, so that it cannot start workers again; then its workers, so that the network can go.
  docker compose stop controller >/dev/null 2>&1 </dev/null || :
  down_sweep_workers
  # shellcheck disable=SC2086
  run_phase down "stopping" docker compose down --remove-orphans $down_volumes ||
    die "docker compose down failed ($(why_failed "$PHASE_LOG")): repair it, then run ./benchai down again"
  down_sweep_networks
  phase down "everything is stopped${down_volumes:+, data removed} ($PHASE_SECONDS)"
}

down_sweep_workers() {
  docker ps -aq --filter "label=ai.benchai.stack=$PROJECT" | while read -r id; do
    docker rm -fv "$id" >/dev/null 2>&1 </dev/null || warn "could not remove worker $id: docker rm -f $id says why"
  done
}

down_sweep_networks() {
  docker network ls -q --filter "label=com.docker.compose.project=$PROJECT" | while read -r id; do
    docker network rm "$id" >/dev/null 2>&1 </dev/null || warn "network $id is still in use: docker network inspect $id shows by whom"
  done
}
