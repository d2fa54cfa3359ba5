# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# backup: the database of memories and documents into a file of the machine, while the service runs on. The service reads
# its copy back; we read what arrived back.

use engine port knowledge

BACKUP_USAGE='./benchai backup [FILE or FOLDER] [--prune]'

cmd_backup() {
  backup_options "$@"
  stack_names
  engine_require
  other_folder_check
  knowledge_require
  # shellcheck disable=SC2086
  run_phase backup "copying the database and reading the copy back" knowledge_do node "$KNOWLEDGE_CLI" backup $backup_prune ||
    die "no backup was made ($(why_failed "$PHASE_LOG")): the older ones stay; ./benchai restore lists them"
  backup_log=$PHASE_LOG
  backup_fetch
  phase backup "$backup_to"
  phase size "$(backup_field bytes) bytes"
  phase rows "$(backup_field rows)"
  phase sha256 "$(backup_field sha256)"
  sed -n 's/^deleted /deleted  /p' "$backup_log"
}

backup_options() {
  backup_to='' backup_prune=''
  for option; do
    case $option in
    --prune) backup_prune=--prune ;;
    -*) die "backup does not know '$option': $BACKUP_USAGE" ;;
    *)
      [ -z "$backup_to" ] || die "backup takes one file or folder: $BACKUP_USAGE"
      backup_to=$(from_caller "$option")
      ;;
    esac
  done
}

# backup_field NAME: of what the service said of its backup.
backup_field() { sed -n "s/^$1 //p" "$backup_log" | tail -n 1; }

# The copy on the machine gets its name when it is whole; only its owner may read it.
backup_fetch() {
  backup_place
  backup_new=$backup_to.partial
  doom "$backup_new"
  (umask 077 && : >"$backup_new") || die "cannot write $backup_new: check the rights and the free space of its folder"
  backup_fetching=$(backup_field path)
  run_phase fetch "writing $backup_to" backup_read ||
    die "the backup could not be written to $backup_to ($(why_failed "$PHASE_LOG")): it stays in the stack as $(backup_field name)"
  [ "$(sha256_of "$backup_new")" = "$(backup_field sha256)" ] ||
    die "$backup_to does not hold what was sent: check the disk; the backup stays in the stack as $(backup_field name)"
  mv -f "$backup_new" "$backup_to"
}

backup_read() { knowledge_do cat "$backup_fetching" >"$backup_new"; }

backup_place() {
  [ -n "$backup_to" ] || backup_to=$BENCHAI_HOME/backups/
  case $backup_to in */) (umask 077 && mkdir -p "$backup_to") || die "cannot make $backup_to: check the rights of its parent folder" ;; esac
  [ ! -d "$backup_to" ] || backup_to=${backup_to%/}/$(backup_field name)
  [ ! -e "$backup_to" ] || die "$backup_to exists already and is not overwritten: the backup stays in the stack as $(backup_field name); give another name"
}
