# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# restore: a backup in the place of the database. The service is stopped for it and started again; what was there is kept.

use engine port knowledge

RESTORE_USAGE='./benchai restore [FILE, or NAME of a stored backup]'

cmd_restore() {
  case ${1:-} in -*) die "restore does not know '$1': $RESTORE_USAGE" ;; esac
  [ $# -le 1 ] || die "restore takes one backup: $RESTORE_USAGE"
  stack_names
  engine_require
  other_folder_check
  knowledge_require
  if [ $# -eq 0 ]; then
    restore_list
    return
  fi
  restore_find "$1"
  lock "$STATE/lock" "./benchai up"
  restore_swap
}

restore_list() {
  restore_names=$(knowledge_do node "$KNOWLEDGE_CLI" backups </dev/null) || die "the backups could not be listed: ./benchai logs knowledge shows why"
  [ -n "$restore_names" ] || die "there are no backups yet: ./benchai backup makes one; ./benchai restore FILE takes one that you saved"
  printf '%s\n' "$restore_names"
  say "./benchai restore NAME brings one of them back"
}

# A file of the machine first; a name without one is the stack's own.
restore_find() {
  RESTORE_FILE=$(from_caller "$1") restore_from=-
  [ ! -f "$RESTORE_FILE" ] || return 0
  case $1 in
  */* | '') die "there is no file $RESTORE_FILE: $RESTORE_USAGE" ;;
  *) RESTORE_FILE=/dev/null restore_from=$1 ;;
  esac
}

restore_swap() {
  restore_ran=
  ! knowledge_runs || restore_ran=1
  [ -z "$restore_ran" ] || run_phase stop "stopping knowledge" docker compose stop knowledge ||
    die "knowledge could not be stopped ($(why_failed "$PHASE_LOG")): nothing was changed"
  restore_status=0
  run_phase restore "checking the backup and putting it in place" restore_run || restore_status=$?
  restore_log=$PHASE_LOG
  [ -z "$restore_ran" ] || restore_start
  [ "$restore_status" -eq 0 ] || die "nothing was restored ($(why_failed "$restore_log")): the database is as it was"
  phase rows "$(sed -n 's/^rows //p' "$restore_log")"
  sed -n 's/^replaced /kept     the database that was there: /p' "$restore_log"
  if [ -n "$restore_ran" ]; then phase restore "done, knowledge is ready"; else phase restore "done: ./benchai up starts the stack"; fi
}

restore_run() { knowledge_once node "$KNOWLEDGE_CLI" restore "$restore_from" <"$RESTORE_FILE"; }

restore_start() {
  run_phase start "starting knowledge" docker compose up -d --wait --wait-timeout 60 --no-deps --no-recreate knowledge && return
  [ "$restore_status" -ne 0 ] || die "the backup is in place but knowledge did not become ready ($(why_failed "$PHASE_LOG")): ./benchai logs knowledge shows why"
  warn "knowledge did not become ready: ./benchai logs knowledge shows why"
}
