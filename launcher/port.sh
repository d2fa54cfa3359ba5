# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# Who holds the one port that the stack publishes, and whether another folder's stack runs under our name (S1).
# Everything here only looks.

# port_check: dies with one line when PORT is somebody else's.
port_check() {
  if [ "$ENGINE_STATE" = ok ]; then
    port_containers=$(docker ps --filter "publish=$PORT" --format "$PORT_FORMAT" 2>/dev/null || :)
    port_line=$(printf '%s\n' "$port_containers" | head -n 1)
    if [ -n "$port_line" ]; then
      port_is_ours "$port_line" || die "port $PORT is published by container '$(printf '%s' "$port_line" | cut -f 1)': stop it (docker stop), or $(port_other)"
      return 0
    fi
  fi
  port_found=$(port_holder)
  [ -z "$port_found" ] || die "port $PORT on $BIND is held by $port_found: stop it, or $(port_other)"
}

PORT_FORMAT='{{.Names}}	{{.Label "com.docker.compose.project"}}	{{.Label "com.docker.compose.project.working_dir"}}'

port_other() { echo "choose another port with a line BENCHAI_PORT=$((PORT + 1)) in $ENV_FILE"; }

# Our project from any folder: other_folder_check has its own message for that.
port_is_ours() { [ "$(printf '%s' "$1" | cut -f 2)" = "$PROJECT" ]; }

# port_holder: the process that listens where we would, in words; empty when the port is free.
port_holder() {
  if has ss; then port_by_ss; elif has lsof; then port_by_lsof; else port_by_proc; fi
}

# The addresses with which a listener gets in the way of ours (BIND, usually 127.0.0.1): the same one and the wildcards.
# `[::]` alone is IPv6 only and does not; ss shows a dual-stack wildcard as `*`.
port_by_ss() {
  port_row=$(ss -H -ltnp "sport = :$PORT" 2>/dev/null | awk -v bind="$BIND" -v port="$PORT" '
    $4 == bind ":" port || $4 == "0.0.0.0:" port || $4 == "*:" port || $4 == "[::ffff:" bind "]:" port ||
    bind == "0.0.0.0" { print; exit }')
  [ -n "$port_row" ] || return 0
  port_describe "$(printf '%s' "$port_row" | sed -n 's/.*pid=\([0-9]*\).*/\1/p')"
}

port_by_lsof() {
  port_pid=$(lsof -nP -t -iTCP:"$PORT" -sTCP:LISTEN 2>/dev/null | head -n 1)
  [ -z "$port_pid" ] || port_describe "$port_pid"
}

# The kernel's own table: local address in hex, state 0A is LISTEN, the tenth field is the socket's inode.
port_by_proc() {
  port_inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf '%04X' "$PORT")" '
    $4 == "0A" { n = split($2, at, ":"); if (at[n] == port) { print $10; exit } }')
  [ -n "$port_inode" ] || return 0
  port_describe "$(port_pid_of_inode "$port_inode")"
}

port_pid_of_inode() (
  for fd in /proc/[0-9]*/fd/*; do
    [ "$(readlink "$fd" 2>/dev/null)" = "socket:[$1]" ] || continue
    pid=${fd#/proc/}
    echo "${pid%%/*}"
    return
  done
)

# port_describe PID: with its command when we may see it. Control characters of a command line are not for a terminal.
port_describe() {
  if [ -z "$1" ]; then
    echo "a process of another user (sudo ss -ltnp 'sport = :$PORT' names it)"
    return
  fi
  port_command=$(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null || ps -o args= -p "$1" 2>/dev/null || :)
  port_command=$(printf '%s' "$port_command" | tr -d '[:cntrl:]' | sed 's/ *$//' | cut -c 1-120)
  echo "pid $1${port_command:+ ($port_command)}"
}

# other_folder_check: two folders under one project name would take turns in breaking each other's containers.
other_folder_check() {
  other_folder=$(docker ps --filter "label=com.docker.compose.project=$PROJECT" \
    --format '{{.Label "com.docker.compose.project.working_dir"}}' 2>/dev/null | awk -v here="$BENCHAI_HOME" '$0 != "" && $0 != here { print; exit }')
  [ -z "$other_folder" ] ||
    die "a stack named '$PROJECT' already runs from $other_folder: run ./benchai down there, or give this one another name and port with lines COMPOSE_PROJECT_NAME=benchai2 and BENCHAI_PORT=$((PORT + 1)) in $ENV_FILE"
}
