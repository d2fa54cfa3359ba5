# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# The Hugging Face hub: which files a repository has, and which of them are the model that was asked for.
# Hub API: GET /api/models/{repo}/tree/main?recursive=true lists path, size and lfs.oid (the SHA-256).

HF_ENDPOINT=${HF_ENDPOINT:-https://huggingface.co}
HF_ENDPOINT=${HF_ENDPOINT%/}

hub_valid_repo() {
  case $1 in
  */*/* | /* | */ | *..* | *[!A-Za-z0-9._/-]*) return 1 ;;
  */*) return 0 ;;
  *) return 1 ;;
  esac
}

# hub_file_url REPO PATH: what may stand in a path but not in a URL is escaped.
hub_file_url() {
  printf '%s/%s/resolve/main/%s\n' "$HF_ENDPOINT" "$1" "$(printf '%s' "$2" | sed 's/%/%25/g;s/ /%20/g;s/#/%23/g;s/?/%3F/g;s/"/%22/g')"
}

# hub_choose REPO QUANT: lines of `path<TAB>size<TAB>sha256`, one a part. Dies when there is nothing to choose.
hub_choose() {
  hub_all=$(hub_files "$1") || exit
  hub_tree=$(printf '%s\n' "$hub_all" | hub_models)
  [ -n "$hub_tree" ] || die "$1 has no GGUF files: look for a repository whose name ends in -GGUF"
  hub_first=$(printf '%s\n' "$hub_tree" | hub_pick "$2")
  [ -n "$hub_first" ] || die "$1 has no quantization '$2': it has $(printf '%s\n' "$hub_tree" | hub_quants)"
  printf '%s\n' "$hub_tree" | hub_parts "$hub_first"
}

# hub_models: of the listed files, the models. mmproj is the eye of a vision model, not a model.
hub_models() { awk -F '\t' 'tolower($1) ~ /\.gguf$/ && tolower($1) !~ /mmproj/'; }

# hub_files REPO: every file of a repository, sorted; dies when the hub does not tell.
hub_files() {
  hub_body=$(mktemp)
  hub_status=$(curl_hub --max-time 60 -L -sS -o "$hub_body" -w '%{http_code}' "$HF_ENDPOINT/api/models/$1/tree/main?recursive=true" 2>"$hub_body.err") || {
    hub_error=$(last_line <"$hub_body.err" | sed 's/^curl: ([0-9]*) //')
    rm -f "$hub_body" "$hub_body.err"
    die "cannot reach $HF_ENDPOINT ($hub_error): check the network, or set HF_ENDPOINT to a mirror"
  }
  hub_list=$(json_files <"$hub_body" | LC_ALL=C sort)
  rm -f "$hub_body" "$hub_body.err"
  case $hub_status in
  200) printf '%s\n' "$hub_list" ;;
  401 | 403) die "$HF_ENDPOINT answers $hub_status for $1: it does not exist, or is private or gated: check the name, accept its licence there, and set HF_TOKEN" ;;
  404) die "$HF_ENDPOINT has no repository $1: check its name" ;;
  *) die "$HF_ENDPOINT answers $hub_status for $1: try again later" ;;
  esac
}

# json_files: from a JSON array of objects, `path<TAB>size<TAB>lfs.oid` of each. A reader of tokens, not of lines, as the
# order of keys and the white space are the server's.
json_files() {
  awk '
    { text = text $0 "\n" }
    function emit() { if (path != "" && path !~ /[\t\n]/) print path "\t" size "\t" (oid ~ /^[0-9a-f]+$/ && length(oid) == 64 ? oid : ""); path = size = oid = "" }
    function value(v) {
      if (depth == 2 && key[2] == "path") path = v
      else if (depth == 2 && key[2] == "size") size = v
      else if (depth == 3 && key[2] == "lfs" && key[3] == "oid") { oid = v; sub(/^sha256:/, "", oid) }
    }
    function unescape(s) { gsub(/\\\//, "/", s); gsub(/\\"/, "\"", s); gsub(/\\\\/, "\\", s); return s }
    END {
      while (length(text) > 0) {
        if (match(text, /^[ \t\r\n,]+/)) { }
        else if (match(text, /^[\[{]/)) { depth++; key[depth] = ""; named = 0 }
        else if (match(text, /^[\]}]/)) { if (depth == 2) emit(); depth--; key[depth + 1] = "" }
        else if (match(text, /^"([^"\\]|\\.)*"/)) {
          word = unescape(substr(text, 2, RLENGTH - 2)); end = RLENGTH
          rest = substr(text, end + 1, 64)
          if (match(rest, /^[ \t\r\n]*:/)) { key[depth] = word; RLENGTH += end } else { value(word); RLENGTH = end }
        }
        else if (match(text, /^[-+.0-9A-Za-z]+/)) value(substr(text, 1, RLENGTH))
        else exit
        text = substr(text, RLENGTH + 1)
      }
    }'
}

# hub_pick QUANT: the path of the chosen model (its first part) among the listed files. As llama.cpp does: Q4_K_M, else Q8_0, else
# the first.
hub_pick() {
  awk -F '\t' -v wanted="$1" '
    function matches(path, quant) {
      name = toupper(path); sub(/(-[0-9][0-9][0-9][0-9][0-9]-OF-[0-9][0-9][0-9][0-9][0-9])?\.GGUF$/, "", name)
      quant = toupper(quant); from = length(name) - length(quant) + 1
      return name == quant || (from > 1 && substr(name, from) == quant && index("-._/", substr(name, from - 1, 1)) > 0)
    }
    { path[NR] = $1 }
    END {
      n = wanted != "" ? split(wanted, try, "\n") : split("Q4_K_M Q8_0", try, " ")
      for (t = 1; t <= n; t++) for (i = 1; i <= NR; i++) if (matches(path[i], try[t])) { print path[i]; exit }
      if (wanted == "" && NR > 0) print path[1]
    }'
}

# hub_parts PATH: its line, or those of all parts when it is split; dies when parts are missing.
hub_parts() {
  case $1 in
  *-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9].gguf) ;;
  *)
    awk -F '\t' -v path="$1" '$1 == path'
    return
    ;;
  esac
  part_tail=${1##*-of-} part_stem=${1%-[0-9][0-9][0-9][0-9][0-9]-of-*}
  part_lines=$(awk -F '\t' -v stem="$part_stem-" -v tail="-of-$part_tail" '
    index($1, stem) == 1 && substr($1, length(stem) + 6) == tail')
  part_count=$(printf '%s\n' "$part_lines" | awk 'END { print NR }')
  part_wanted=$(printf '%s' "${part_tail%.gguf}" | sed 's/^0*//')
  [ "$part_count" = "$part_wanted" ] || die "$part_stem has $part_count of its $part_wanted parts on the hub: choose another quantization"
  printf '%s\n' "$part_lines"
}

# hub_quants: the quantizations of the listed files in one line; a name that shows none is given whole.
hub_quants() {
  awk -F '\t' '{
    name = $1; sub(/.*\//, "", name); sub(/\.[gG][gG][uU][fF]$/, "", name); sub(/-[0-9]+-of-[0-9]+$/, "", name)
    if (match(toupper(name), /(UD-)?(I?Q[0-9][A-Z0-9_]*|BF16|F16|F32|TQ[0-9]_[0-9]|MXFP4[A-Z0-9_]*)$/)) name = substr(name, RSTART)
    if (!seen[name]++) line = line (line == "" ? "" : " ") name }
    END { print line }'
}

# curl_hub ARGS...: curl that shows HF_TOKEN to the hub alone. It is read from stdin, so that no process list has it, and
# curl drops it when a redirect leaves the host.
curl_hub() {
  hub_token=$(env_own HF_TOKEN)
  if [ -n "$hub_token" ]; then
    printf 'header = "Authorization: Bearer %s"\n' "$(printf '%s' "$hub_token" | tr -d '"\\[:cntrl:]')" | curl_net --config - "$@"
  else
    curl_net "$@" </dev/null
  fi
}

curl_net() { curl --connect-timeout 20 --proto '=http,https' --max-redirs 10 "$@"; }
