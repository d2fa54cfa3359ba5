# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# voices: neural voices for the speech service, a folder each. A voice comes whole or not at all: its files are fetched into a
# hidden folder, which gets the voice's name at the end. A running service finds it by itself.

use env hub download

VOICES_USAGE='./benchai voices [pull NAME | pull hf:owner/repo]'
# Voices in the form that sherpa-onnx reads, under the names that their makers gave them: Piper's `en_US-amy-medium` and the like
# are repositories of one voice each.
VOICES_OWNER=csukuangfj

cmd_voices() {
  stack_names
  case ${1:-} in
  '') voices_list ;;
  pull)
    [ $# -eq 2 ] || die "voices pull takes one name: $VOICES_USAGE"
    voices_pull "$2"
    ;;
  *) die "voices does not know '$1': $VOICES_USAGE" ;;
  esac
}

voices_list() {
  voices_found=$(find -L "$VOICES" -mindepth 2 -maxdepth 2 -name '*.onnx' ! -path '*/.*' 2>/dev/null | sed 's|/[^/]*$||;s|.*/||' | LC_ALL=C sort -u)
  if [ -n "$voices_found" ]; then printf '%s\n' "$voices_found"; else say "no neural voice is in $VOICES: ./benchai voices pull en_US-amy-medium, for instance"; fi
}

voices_pull() {
  need curl "install it (apt-get install curl), then pull again"
  voices_repo=$(voices_repo_of "$1")
  hub_valid_repo "$voices_repo" || die "'$1' is no voice: give a name such as en_US-amy-medium or kokoro-en-v0_19, or hf:owner/repo"
  voices_name=${voices_repo#*/} voices_name=${voices_name#vits-piper-}
  safe_name "$voices_name" || die "'$voices_name' cannot be a folder's name: choose another voice"
  if [ -d "$VOICES/$voices_name" ]; then
    say "voice '$voices_name' is there already; delete $VOICES/$voices_name to fetch it again"
    return
  fi
  DL_FOLDER=$VOICES/.pull/$voices_name DL_CHECK=voices_check
  (umask 022 && mkdir -p "$DL_FOLDER") || die "cannot make $DL_FOLDER: check the rights of its parent folder"
  voices_fetch
  mv "$DL_FOLDER" "$VOICES/$voices_name" || die "cannot move the voice to $VOICES/$voices_name: check the rights of the folder"
  say "voice '$voices_name' is in $VOICES: a running stack speaks with it at once (GET /v1/audio/voices)"
}

voices_repo_of() {
  case $1 in
  hf:*) printf '%s' "${1#hf:}" ;;
  [a-z][a-z]_[A-Z][A-Z]-*) printf '%s/vits-piper-%s' "$VOICES_OWNER" "$1" ;;
  *) printf '%s/%s' "$VOICES_OWNER" "$1" ;;
  esac
}

# The files at the top of the repository that a voice is made of; its pronunciation data is in the service's image.
voices_fetch() {
  voices_list=$(mktemp) && doom "$voices_list"
  voices_all=$(hub_files "$voices_repo") || exit
  printf '%s\n' "$voices_all" | awk -F '\t' '$1 !~ /\// && $1 ~ /\.(onnx|json|bin|txt)$|^(MODEL_CARD|LICENSE)$/' >"$voices_list"
  grep -q '\.onnx	' "$voices_list" || die "$voices_repo holds no voice: it has no .onnx file at its top"
  while IFS='	' read -r path size sha <&3; do
    safe_name "$path" || die "the hub names a file '$path', which cannot be a file name here"
    download "$(hub_file_url "$voices_repo" "$path")" "$path" "$sha" "$size"
  done 3<"$voices_list"
  rm -f "$DL_FOLDER"/*.part "$DL_FOLDER"/*.from
}

# A web page is never a voice.
voices_check() {
  case $(dd if="$dl_part" bs=64 count=1 2>/dev/null | tr -d '\0' | tr 'A-Z' 'a-z') in
  '<!doctype'* | '<html'* | 'version https://git-lfs'*) dl_reject "$dl_url is not the file itself but a page about it: try again later" ;;
  esac
}
