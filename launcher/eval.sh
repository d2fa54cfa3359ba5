# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# eval: how well search finds what is in the owner's own notes. FILE holds questions, one JSON object a line:
# {"query": …, "path": …}; without it the headings of the notes are the questions.

use engine knowledge

cmd_eval() {
  stack_names
  eval_file=''
  case ${1:-} in
  '' | -*) ;;
  *)
    eval_file=$(from_caller "$1")
    [ -f "$eval_file" ] || die "there is no file $eval_file: ./benchai eval [FILE] [--collection NAME] [--k N]"
    shift
    ;;
  esac
  engine_require
  knowledge_require
  if [ -n "$eval_file" ]; then
    knowledge_do node "$KNOWLEDGE_CLI" eval --questions - "$@" <"$eval_file"
  else
    knowledge_do node "$KNOWLEDGE_CLI" eval "$@" </dev/null
  fi
}
