# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# pull: a model into the models' folder. Nothing gets its final name before it is whole, checked and a GGUF file.

use env hub download

PULL_USAGE='./benchai pull hf:owner/repo[:quant] | https://… [--sha256 HEX] [--name NAME]'

cmd_pull() {
  pull_options "$@"
  stack_names
  need curl "install it (apt-get install curl), then pull again"
  (umask 022 && mkdir -p "$MODELS") || die "cannot make $MODELS: check the rights of its parent folder"
  DL_FOLDER=$MODELS DL_CHECK=pull_check
  case $PULL_FROM in
  hf:*) pull_hf "${PULL_FROM#hf:}" ;;
  http://* | https://*) pull_url "$PULL_FROM" ;;
  *) die "'$PULL_FROM' is no model address: $PULL_USAGE" ;;
  esac
}

pull_options() {
  PULL_FROM='' PULL_SHA='' PULL_NAME=''
  while [ $# -gt 0 ]; do
    case $1 in
    --sha256 | --name)
      [ $# -ge 2 ] || die "$1 needs a value: $PULL_USAGE"
      if [ "$1" = --name ]; then PULL_NAME=${2%.gguf}; else PULL_SHA=$(printf '%s' "$2" | tr 'A-F' 'a-f'); fi
      shift
      ;;
    -*) die "pull does not know '$1': $PULL_USAGE" ;;
    *)
      [ -z "$PULL_FROM" ] || die "pull takes one address: $PULL_USAGE"
      PULL_FROM=$1
      ;;
    esac
    shift
  done
  [ -n "$PULL_FROM" ] || die "pull needs an address: $PULL_USAGE"
  case $PULL_SHA in *[!0-9a-f]*) die "--sha256 '$PULL_SHA' is not hexadecimal: give the 64 digits of the file's SHA-256" ;; esac
  [ -z "$PULL_SHA" ] || [ ${#PULL_SHA} -eq 64 ] || die "--sha256 has ${#PULL_SHA} digits: a SHA-256 has 64"
  [ -z "$PULL_NAME" ] || safe_name "$PULL_NAME.gguf" || die "'$PULL_NAME' cannot be a model's name: use letters, digits and . _ + -"
}

pull_url() {
  url_path=${1%%[?#]*}
  pull_file=${PULL_NAME:+$PULL_NAME.gguf}
  pull_file=${pull_file:-$(printf '%s' "${url_path##*/}" | sed 's/%20/_/g')}
  case $pull_file in *.gguf) ;; *) die "the address does not end in a .gguf file: give the file's own URL, or its name with --name" ;; esac
  safe_name "$pull_file" || die "'$pull_file' cannot be a model's file name: choose one with --name"
  download "$1" "$pull_file" "$PULL_SHA" ''
  pull_done "$pull_file"
}

# pull_hf OWNER/REPO[:QUANT]
pull_hf() {
  hub_repo=${1%%:*} hub_quant=
  case $1 in *:*) hub_quant=${1#*:} ;; esac
  hub_valid_repo "$hub_repo" || die "'$hub_repo' is no repository: hf:owner/repo[:quant], such as hf:Qwen/Qwen3-0.6B-GGUF:Q8_0"
  pull_list=$(mktemp) && doom "$pull_list"
  hub_choose "$hub_repo" "$hub_quant" >"$pull_list"
  pull_parts=$(awk 'END { print NR }' "$pull_list")
  [ -z "$PULL_SHA" ] || [ "$pull_parts" -eq 1 ] || die "--sha256 is for one file and this model has $pull_parts: leave it out, the hub's own checksums are used"
  while IFS='	' read -r path size sha <&3; do
    pull_file=$(pull_part_name "$path")
    safe_name "$pull_file" || die "the hub names a file '$pull_file', which cannot be a file name here: choose one with --name"
    download "$(hub_file_url "$hub_repo" "$path")" "$pull_file" "${PULL_SHA:-$sha}" "$size"
  done 3<"$pull_list"
  pull_done "$pull_file"
}

# pull_part_name PATH: its last part, or NAME with the numbering that split files need.
pull_part_name() {
  if [ -z "$PULL_NAME" ]; then
    echo "${1##*/}"
  else
    printf '%s' "$1" | sed -n "s/.*\(-[0-9]\{5\}-of-[0-9]\{5\}\)\.gguf\$/$PULL_NAME\1.gguf/p;t
s/.*/$PULL_NAME.gguf/p"
  fi
}

pull_check() {
  [ "$(dd if="$dl_part" bs=4 count=1 2>/dev/null | tr -d '\0')" = GGUF ] ||
    dl_reject "$dl_url is not a GGUF file (it begins with '$(dd if="$dl_part" bs=32 count=1 2>/dev/null | tr -cd '[:print:]')'): give the file's own URL"
}

pull_done() {
  pull_stem=$(printf '%s' "${1%.gguf}" | sed 's/-[0-9]\{5\}-of-[0-9]\{5\}$//')
  say "model '$pull_stem' is in $MODELS: a running stack serves it by that name, otherwise ./benchai up"
}
