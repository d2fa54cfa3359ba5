# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# One file from the network to its place: FILE.part while it comes, with a note of which content it is part of, so that an
# interrupted download goes on only when the server still has the same content.

DISK_MARGIN_KIB=16384

# safe_name FILE: a plain file name that stays in its folder. Names come from the network.
safe_name() {
  case $1 in
  '' | .* | -* | *[!A-Za-z0-9._+-]*) return 1 ;;
  *) [ ${#1} -le 200 ] ;;
  esac
}

# download URL FILE SHA256 SIZE: SHA256 and SIZE may be empty. Afterwards FILE is whole in DL_FOLDER and DL_CHECK (a function
# that may call dl_reject) had nothing against it, or we have died.
download() {
  dl_url=$1 dl_name=$2 dl_sha=$3 dl_size=$4
  dl_file=$DL_FOLDER/$dl_name dl_part=$DL_FOLDER/$dl_name.part
  lock "$STATE/pull-$dl_name.lock" "a download of $dl_name"
  if ! dl_have_it; then
    dl_ask
    if [ -n "$dl_sha" ] || ! dl_have_it; then
      dl_get
      return
    fi
  fi
  say "$dl_name is there already"
}

dl_get() {
  dl_continue_or_restart
  dl_space
  say "downloading $dl_name$([ -z "$dl_size" ] || printf ' (%s)' "$(mib "$dl_size")")"
  dl_fetch
  dl_check
  chmod 644 "$dl_part" # workers run as another user
  mv -f "$dl_part" "$dl_file"
  rm -f "$dl_part.from"
}

mib() { awk -v bytes="$1" 'BEGIN { printf "%.1f MiB", bytes / 1048576 }'; }
bytes_of() { wc -c <"$1" 2>/dev/null | tr -d ' ' || echo 0; }

# With a checksum that decides; the size alone is enough where the server gave one before.
dl_have_it() {
  [ -f "$dl_file" ] || return 1
  if [ -n "$dl_sha" ]; then [ "$(sha256_of "$dl_file")" = "$dl_sha" ]; else [ -n "$dl_size" ] && [ "$(bytes_of "$dl_file")" = "$dl_size" ]; fi
}

# HF_TOKEN is for the hub's own addresses.
dl_curl() { case $dl_url in "$HF_ENDPOINT"/*) curl_hub "$@" ;; *) curl_net "$@" </dev/null ;; esac; }

# dl_ask: size and identity (ETag) of the content, from the headers of the last hop. Some servers refuse HEAD: then
# nothing is known before the download itself, which gives the errors too.
dl_ask() {
  dl_headers=$(dl_curl -sIL --max-time 60 "$dl_url" 2>/dev/null | tr -d '\r' | awk '/^HTTP\// { text = ""; code = $2 } { text = text $0 "\n" } END { if (code == 200) printf "%s", text }') || dl_headers=
  dl_etag=$(dl_header etag)
  case $(dl_header content-type) in
  text/html*) die "$dl_url is a web page, not a model: give the file's own URL (on the hub: 'resolve' instead of 'blob')" ;;
  esac
  dl_length=$(dl_header content-length)
  dl_size=${dl_size:-$dl_length}
}

dl_header() { printf '%s\n' "$dl_headers" | awk -v name="$1:" 'index(tolower($0), name) == 1 { sub(/^[^:]*:[ \t]*/, ""); value = $0 } END { print value }'; }

# What identifies the content: its checksum, else what the server says. Without either a part is never continued.
dl_identity() {
  if [ -n "$dl_sha" ]; then
    echo "sha256 $dl_sha"
  elif [ -n "$dl_etag" ]; then
    echo "etag $dl_etag size $dl_size"
  fi
}

dl_continue_or_restart() {
  dl_id=$(dl_identity)
  if [ -s "$dl_part" ] && [ -n "$dl_id" ] && [ "$(cat "$dl_part.from" 2>/dev/null)" = "$dl_id" ] &&
    { [ -z "$dl_size" ] || [ "$(bytes_of "$dl_part")" -le "$dl_size" ]; }; then
    say "continuing after $(mib "$(bytes_of "$dl_part")")"
  else
    rm -f "$dl_part"
    { : >"$dl_part" && printf '%s\n' "$dl_id" >"$dl_part.from"; } 2>/dev/null || die "cannot write to $DL_FOLDER: check its rights and the free space"
  fi
}

dl_space() {
  [ -n "$dl_size" ] || return 0
  dl_need=$(awk -v size="$dl_size" -v have="$(bytes_of "$dl_part")" -v margin="$DISK_MARGIN_KIB" 'BEGIN { printf "%d", (size - have) / 1024 + margin }')
  dl_free=$(df -Pk "$DL_FOLDER" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ -z "$dl_free" ] || [ "$dl_free" -ge "$dl_need" ] ||
    die "$dl_name needs $((dl_need / 1024)) MiB and the disk of $DL_FOLDER has $((dl_free / 1024)) MiB free: free some, then pull again"
}

# dl_fetch: goes on after a broken connection for as long as each attempt brings something.
dl_fetch() {
  dl_failures=0 dl_restarts=0
  while :; do
    dl_before=$(bytes_of "$dl_part")
    if [ -n "$dl_size" ] && [ "$dl_before" = "$dl_size" ]; then return; fi
    if dl_once; then
      dl_whole && return
      dl_code=18
    fi
    case $dl_code in
    5 | 6 | 7 | 35 | 60 | 77) die "cannot reach $(dl_host) ($dl_error): check the network, then pull again (it resumes)" ;;
    22) dl_http_error ;;
    23) dl_write_error ;;
    33 | 36)
      dl_restart
      continue
      ;;
    esac
    if [ "$(bytes_of "$dl_part")" -gt "$dl_before" ]; then
      dl_failures=0
      continue
    fi
    dl_failures=$((dl_failures + 1))
    [ "$dl_failures" -lt 3 ] || die "the download broke off after $(mib "$(bytes_of "$dl_part")")${dl_size:+ of $(mib "$dl_size")} ($dl_error): pull again, it resumes"
    sleep 1
  done
}

# The server cannot resume: from the start, but not for ever on a connection that always breaks.
dl_restart() {
  dl_restarts=$((dl_restarts + 1))
  [ "$dl_restarts" -le 3 ] || die "the connection to $(dl_host) keeps breaking and it cannot resume a download: try a better connection"
  : >"$dl_part"
}

dl_whole() { [ -z "$dl_size" ] || [ "$(bytes_of "$dl_part")" = "$dl_size" ]; }
dl_host() { printf '%s' "$dl_url" | sed 's|^\([a-z]*://[^/]*\).*|\1|'; }

# dl_once: one attempt; dl_code is curl's exit code, dl_http the last status, dl_error its words. A minute without a byte is a
# broken connection.
dl_once() {
  dl_log=$STATE/log/pull.log dl_code=0
  mkdir -p "$STATE/log"
  if [ -t 2 ]; then set -- --progress-bar; else set -- -sS --stderr "$dl_log"; fi
  if [ -s "$dl_part" ]; then set -- "$@" -C -; fi
  dl_http=$(dl_curl -fL --speed-limit 1 --speed-time 60 \
    "$@" -o "$dl_part" -w '%{http_code}' "$dl_url") || dl_code=$?
  dl_error="curl error $dl_code"
  [ -t 2 ] || [ ! -s "$dl_log" ] || dl_error=$(last_line <"$dl_log" | sed 's/^curl: ([0-9]*) //')
  return "$dl_code"
}

dl_http_error() {
  case $dl_http in
  401 | 403) die "$(dl_host) answers $dl_http for $dl_name: it is private or gated: accept its licence there and set HF_TOKEN" ;;
  404 | 410) die "$(dl_host) has no $dl_name ($dl_http): check the address" ;;
  416) : >"$dl_part" ;; # our part is longer than the content now
  429 | 5??) dl_error="$(dl_host) answers $dl_http" ;;
  *) die "$(dl_host) answers $dl_http for $dl_name: check the address" ;;
  esac
}

dl_write_error() {
  dl_free=$(df -Pk "$DL_FOLDER" 2>/dev/null | awk 'NR == 2 { print $4 }')
  [ "${dl_free:-1}" -gt 1024 ] || die "the disk of $DL_FOLDER is full: free some, then pull again (it resumes)"
  die "cannot write $dl_part ($dl_error): check the rights of $DL_FOLDER and the disk, then pull again"
}

# dl_check: before the file gets its name. A web page, a damaged file or another content never becomes a model.
dl_check() {
  if [ -n "$dl_sha" ]; then
    say "checking the SHA-256"
    dl_actual=$(sha256_of "$dl_part")
    [ "$dl_actual" = "$dl_sha" ] || dl_reject "$dl_name has SHA-256 $dl_actual and $dl_sha was expected: it was damaged or changed on its way; pull again"
  fi
  "$DL_CHECK"
}

dl_reject() {
  rm -f "$dl_part" "$dl_part.from"
  die "$1"
}
