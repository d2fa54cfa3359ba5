# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# logs: of all services, of one, or of a worker by its model's name.

use engine

cmd_logs() {
  logs_of='' logs_follow='' logs_tail=200
  while [ $# -gt 0 ]; do
    case $1 in
    -f | --follow) logs_follow=-f ;;
    --tail)
      [ $# -ge 2 ] || die "--tail needs a number: ./benchai logs [service or model] [-f] [--tail N]"
      logs_tail=$2
      shift
      ;;
    -*) die "logs does not know '$1': ./benchai logs [service or model] [-f] [--tail N]" ;;
    *)
      [ -z "$logs_of" ] || die "logs takes one name: ./benchai logs [service or model] [-f] [--tail N]"
      logs_of=$1
      ;;
    esac
    shift
  done
  stack_names
  engine_require
  if [ -z "$logs_of" ] || logs_services | grep -qxF -- "$logs_of"; then
    # shellcheck disable=SC2086
    exec docker compose logs --tail "$logs_tail" $logs_follow ${logs_of:+"$logs_of"}
  fi
  logs_worker
}

logs_services() { docker compose config --services 2>/dev/null; }

logs_worker() {
  logs_id=$(docker ps -aq --filter "label=ai.benchai.stack=$PROJECT" --filter "label=ai.benchai.slot=$logs_of" | head -n 1)
  [ -n "$logs_id" ] ||
    die "no service and no loaded model is named '$logs_of': services are $(logs_services | tr '\n' ' ')and ./benchai status lists the workers"
  # shellcheck disable=SC2086
  exec docker logs --tail "$logs_tail" $logs_follow "$logs_id" 2>&1 # a container has two streams
}
