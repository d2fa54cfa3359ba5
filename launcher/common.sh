# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# What every command uses: one-line errors, visible progress, locks, and temporary paths that never outlive the run.

STATE=$BENCHAI_HOME/.benchai # logs, stamps, downloads: can be deleted at any time

say() { printf '%s\n' "$*"; }
warn() { printf 'benchai: warning: %s\n' "$*" >&2; }

# die MESSAGE: one line that says what, why and what to do.
die() {
  printf 'benchai: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# need TOOL REMEDY
need() { has "$1" || die "$1 is missing: $2"; }

# bounded SECONDS COMMAND...: a deadline for what may hang (a daemon that accepts and says nothing).
bounded() {
  if has timeout; then timeout -k 2 "$@"; else
    shift
    "$@"
  fi
}

# retry TIMES SECONDS COMMAND...: until it succeeds.
retry() {
  retry_left=$1 retry_wait=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    retry_left=$((retry_left - 1))
    [ "$retry_left" -gt 0 ] || return 1
    sleep "$retry_wait"
  done
}

# at_least WANTED ACTUAL: compares dotted versions by number; what is no number counts as 0.
at_least() {
  awk -v want="$1" -v have="$2" 'BEGIN {
    n = split(want, w, "."); split(have, h, ".")
    for (i = 1; i <= n; i++) { if (h[i] + 0 > w[i] + 0) exit 0; if (h[i] + 0 < w[i] + 0) exit 1 }
    exit 0
  }'
}

# last_line: the last non-empty line of stdin, which is where tools put their reason.
last_line() { awk 'NF { line = $0 } END { print line }'; }

# --- leaving -------------------------------------------------------------------------------------------------------

# doom PATH: removed when this run ends, however it ends.
doom() { DOOMED="$DOOMED$1
"; }

leave() {
  status=$?
  trap - EXIT
  ticker_stop
  [ -z "$CHILD_PID" ] || kill "$CHILD_PID" 2>/dev/null || :
  printf '%s' "$DOOMED" | while IFS= read -r path; do rm -rf "$path"; done
  exit "$status"
}

# arm: cleans up when this shell ends. A subshell starts without traps and calls it again.
arm() {
  TICKER_PID='' CHILD_PID='' DOOMED=''
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}
arm

# lock FILE WHAT: one at a time; the kernel frees it when we die. Without flock (macOS) there is no lock.
lock() {
  has flock || return 0
  mkdir -p "$(dirname "$1")"
  (: >>"$1") 2>/dev/null || die "cannot write $1: check its rights and the free space"
  exec 9>>"$1"
  flock -n 9 && return
  say "$2 runs already in another terminal: waiting for it"
  flock 9
}

# --- progress ------------------------------------------------------------------------------------------------------

# Hundredths of a second, from the only clock that plain sh can read finer than a second.
now() {
  if [ -r /proc/uptime ]; then
    read -r up _ </proc/uptime
    printf '%s' "${up%.*}${up#*.}"
  else
    date +%s00
  fi
}

# seconds_since START
seconds_since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", (b - a) / 100 }'; }

# phase NAME TEXT: a finished step, e.g. `engine    Docker 28.5.2`.
phase() { printf '%-8s %s\n' "$1" "$2"; }

# By SIGKILL: a shell that was only just forked still has our traps and would lose a softer signal.
ticker_stop() {
  [ -n "$TICKER_PID" ] || return 0
  kill -9 "$TICKER_PID" 2>/dev/null || :
  wait "$TICKER_PID" 2>/dev/null || :
  TICKER_PID=
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

# ticker NAME TEXT LOG: says every so often that we are alive, with the last line of LOG on a terminal.
ticker() {
  ticker_from=$(now)
  if [ -t 1 ]; then
    while kill -0 $$ 2>/dev/null; do
      printf '\r\033[K%-8s %s (%s) %.60s' "$1" "$2" "$(seconds_since "$ticker_from")" "$(tail -n 1 "$3" 2>/dev/null | tr -d '\r\033')"
      sleep 0.5
    done
  fi
  phase "$1" "$2 ..."
  # The sleep must not hold our output open after we have gone.
  ticker_beats=0
  while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    ticker_beats=$((ticker_beats + 1))
    [ $((ticker_beats % 15)) -ne 0 ] || phase "$1" "$2: $(seconds_since "$ticker_from")"
  done
}

# run_phase NAME TEXT COMMAND...: runs it with its output in .benchai/log/NAME.log; on failure its last lines are shown.
run_phase() {
  phase_name=$1 phase_text=$2 phase_from=$(now) phase_status=0
  shift 2
  mkdir -p "$STATE/log"
  PHASE_LOG=$STATE/log/$phase_name.log
  # The locks' descriptors (8, 9) are ours alone: who outlives us would hold them, and mmdebstrap hands free numbers to a
  # sh that knows only one digit.
  ticker "$phase_name" "$phase_text" "$PHASE_LOG" 8>&- 9>&- &
  TICKER_PID=$!
  "$@" >"$PHASE_LOG" 2>&1 </dev/null 8>&- 9>&- || phase_status=$?
  ticker_stop
  PHASE_SECONDS=$(seconds_since "$phase_from")
  [ "$phase_status" -eq 0 ] || tail -n 15 "$PHASE_LOG" | sed 's/^/  | /' >&2
  return "$phase_status"
}

# why_failed LOG: the reason in a few words for the one-line error, with the usual suspects named.
why_failed() {
  if grep -qi 'no space left on device' "$1"; then
    echo "the disk is full (free some: docker system prune, or a larger disk)"
  else
    last_line <"$1" | cut -c 1-200
  fi
}

# sha256_of FILE | sha256_of (stdin)
sha256_of() {
  if has sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi | cut -d ' ' -f 1
}
