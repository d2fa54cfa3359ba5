# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# status: services as Docker sees them, workers and models as the controller sees them. Exit code 3: the stack is down.

use engine

STATUS_DOWN=3

cmd_status() {
  [ $# -eq 0 ] || die "status takes no arguments: ./benchai status"
  stack_names
  engine_require
  status_ids=$(docker ps -aq --filter "label=com.docker.compose.project=$PROJECT" --filter "label=com.docker.compose.service")
  if [ -z "$status_ids" ]; then
    printf 'benchai: the stack is down: ./benchai up starts it\n' >&2
    exit "$STATUS_DOWN"
  fi
  # shellcheck disable=SC2086
  {
    printf 'SERVICE\tSTATE\tHEALTH\tRESTARTS\tSINCE\n'
    docker inspect --format "$STATUS_FORMAT" $status_ids | sort
  } | status_table
  status_workers
}

STATUS_FORMAT='{{index .Config.Labels "com.docker.compose.service"}}	{{.State.Status}}	{{if .State.Health}}{{.State.Health.Status}}{{else}}-{{end}}	{{.RestartCount}}	{{.State.StartedAt}}'

# Columns as wide as their widest cell; of the time only what people read.
status_table() {
  awk -F '\t' '
    { sub(/T/, " ", $5); sub(/\..*|Z$/, "", $5)
      for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
    END { for (r = 1; r <= NR; r++) printf "%-*s  %-*s  %-*s  %-*s  %s\n", width[1], cell[r, 1], width[2], cell[r, 2], width[3], cell[r, 3], width[4], cell[r, 4], cell[r, 5] }'
}

# The controller answers on its own loopback only; its probe prints /workers as a table.
status_workers() {
  say
  probe_controller workers || warn "the controller does not answer: ./benchai logs controller shows why"
}

# probe_controller PATH
probe_controller() {
  bounded 15 docker compose exec -T controller node packages/kernel/src/probe.ts --print "http://127.0.0.1:8086/$1" </dev/null
}
