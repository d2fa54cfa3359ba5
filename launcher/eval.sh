# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# eval: how well search finds what is in the owner's own documents, by questions of the owner's or made of the documents. The
# knowledge service's own program measures, in its container, beside the service and without writing.

use engine port knowledge

EVAL_USAGE='./benchai eval [--collection NAME] [--questions FILE] [--owner NAME] [--verbose]'

cmd_eval() {
  eval_options "$@"
  stack_names
  engine_require
  other_folder_check
  knowledge_require
  eval_report=$STATE/eval.txt
  doom "$eval_report"
  run_phase eval "asking the search of the stack" eval_run ||
    die "nothing was measured ($(why_failed "$PHASE_LOG")): $EVAL_USAGE"
  cat "$eval_report"
}

# Options without a value stay empty, and are not passed on.
eval_options() {
  eval_collection='' eval_questions=/dev/null eval_stdin='' eval_owner='' eval_verbose=''
  while [ $# -gt 0 ]; do
    case $1 in
    --verbose) eval_verbose=--verbose ;;
    --collection | --questions | --owner)
      [ -n "${2:-}" ] || die "$1 takes a value: $EVAL_USAGE"
      case $1 in
      --collection) eval_collection=$2 ;;
      --questions) eval_questions=$(from_caller "$2") eval_stdin='--questions -' ;;
      --owner) eval_owner=$2 ;;
      esac
      shift
      ;;
    *) die "eval does not know '$1': $EVAL_USAGE" ;;
    esac
    shift
  done
  [ -z "$eval_stdin" ] || [ -f "$eval_questions" ] || die "there is no file $eval_questions: $EVAL_USAGE"
}

# What the engine says by the way goes to the log, and only the report is shown.
eval_run() {
  # shellcheck disable=SC2086
  set -- $eval_stdin ${eval_collection:+--collection "$eval_collection"} ${eval_owner:+--owner "$eval_owner"} $eval_verbose
  knowledge_do node "$KNOWLEDGE_CLI" eval "$@" <"$eval_questions" >"$eval_report"
}
