# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# .env: a block of our own at its top, the owner's lines below it. Docker Compose reads the file by itself and takes the
# last line of a name, so the owner's lines win.

ENV_FILE=$BENCHAI_HOME/.env
ENV_BEGIN='# >>> benchai: ./benchai up rewrites these lines; your own go below and win >>>'
ENV_END='# <<< benchai <<<'

# env_lines managed|own: the lines inside or outside our block.
env_lines() {
  [ -f "$ENV_FILE" ] || return 0
  awk -v part="$1" '
    /^# >>> benchai/ { inside = 1; next }
    /^# <<< benchai/ { inside = 0; next }
    (part == "managed") == (inside == 1) { print }' "$ENV_FILE"
}

# env_value NAME: the value in the lines on stdin as Compose would see it (last one, without quotes).
env_value() {
  sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" | tail -n 1 |
    sed -e 's/[[:space:]]*$//' -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}

# env_own NAME: what the owner chose: the environment first (as in Compose), then their lines of .env. Empty: no choice.
env_own() {
  eval "env_now=\${$1:-}"
  # shellcheck disable=SC2154
  if [ -n "$env_now" ]; then printf '%s' "$env_now"; else env_lines own | env_value "$1"; fi
}

env_managed() { env_lines managed | env_value "$1"; }

# env_get NAME DEFAULT
env_get() {
  env_found=$(env_own "$1")
  printf '%s' "${env_found:-$2}"
}

# env_write LINES: replaces our block; nothing is written when nothing changed, and never half a file.
env_write() {
  env_new=$ENV_FILE.new
  doom "$env_new"
  { [ ! -f "$ENV_FILE" ] || cp -p "$ENV_FILE" "$env_new"; } || die "cannot write $env_new: check the rights and the free space of $BENCHAI_HOME"
  {
    printf '%s\n%s\n%s\n' "$ENV_BEGIN" "$1" "$ENV_END"
    env_lines own
  } >"$env_new" || die "cannot write $env_new: check the rights and the free space of $BENCHAI_HOME"
  if cmp -s "$env_new" "$ENV_FILE"; then rm -f "$env_new"; else mv -f "$env_new" "$ENV_FILE"; fi
}

# Names that all commands share. Compose itself reads the same ones from the environment and .env.
stack_names() {
  PROJECT=$(env_get COMPOSE_PROJECT_NAME benchai)
  PORT=$(env_get BENCHAI_PORT 8085)
  BIND=$(env_get BENCHAI_BIND 127.0.0.1)
  MODELS=$(env_get BENCHAI_MODELS "$BENCHAI_HOME/models")
  case $MODELS in /*) ;; *) MODELS=$BENCHAI_HOME/$MODELS ;; esac
  VOICES=$(env_get BENCHAI_VOICES "$BENCHAI_HOME/voices")
  case $VOICES in /*) ;; *) VOICES=$BENCHAI_HOME/$VOICES ;; esac
  DOCUMENTS=$(env_get BENCHAI_DOCUMENTS "$BENCHAI_HOME/documents")
  case $DOCUMENTS in /*) ;; *) DOCUMENTS=$BENCHAI_HOME/$DOCUMENTS ;; esac
  export COMPOSE_PROJECT_NAME="$PROJECT"
  case $PORT in
  '' | *[!0-9]*) die "BENCHAI_PORT is '$PORT': it must be a port number such as 8085" ;;
  esac
}
