# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# Which base images the stack uses: the owner's choice, else the public ones, else stand-ins built here.

use offline

# images_choose: sets NODE_IMAGE, VALKEY_IMAGE, LLAMA_IMAGE and WORKER_IMAGE_PULL; their images are then on the engine.
# WHISPER_IMAGE as well when there is a model for it, or IMAGES_WHISPER is set, for it is large; otherwise it stays empty.
# OFFLINE=1 asks no registry; PULL=1 asks again although a stand-in is here. Each image counts alone.
images_choose() {
  images_from=$(now) REGISTRY_DOWN=${OFFLINE:-} IMAGES_BUILT_HERE='' WORKER_IMAGE_PULL=missing
  image_choose node-slim NODE_IMAGE node:24-bookworm-slim
  NODE_IMAGE=$CHOSEN
  image_choose valkey VALKEY_IMAGE valkey/valkey:9
  VALKEY_IMAGE=$CHOSEN
  image_choose llama LLAMA_IMAGE "$(public_llama)"
  LLAMA_IMAGE=$CHOSEN
  WHISPER_IMAGE=$(env_own WHISPER_IMAGE)
  if [ -n "${IMAGES_WHISPER:-}" ] || images_want_whisper; then
    image_choose whisper WHISPER_IMAGE "$(public_whisper)"
    WHISPER_IMAGE=$CHOSEN
  fi
  case $LLAMA_IMAGE/$WHISPER_IMAGE in "$OFFLINE_PREFIX"/* | */"$OFFLINE_PREFIX"/*) WORKER_IMAGE_PULL=never ;; esac
  if [ -n "$IMAGES_BUILT_HERE" ]; then
    # Base images that only this engine has can only be seen by its own builder.
    BUILDX_BUILDER=$(docker context show) && export BUILDX_BUILDER
  fi
  phase images "$NODE_IMAGE, $VALKEY_IMAGE, $LLAMA_IMAGE${WHISPER_IMAGE:+, $WHISPER_IMAGE} ($(seconds_since "$images_from"))"
}

# images_want_whisper: whether a model in the models' folder is one that whisper.cpp names so.
images_want_whisper() {
  for images_model in "$MODELS"/ggml-*.bin; do [ ! -e "$images_model" ] || return 0; done
  return 1
}

public_whisper() {
  if engine_offers_nvidia; then echo ghcr.io/ggml-org/whisper.cpp:main-cuda; else echo ghcr.io/ggml-org/whisper.cpp:main; fi
}

public_llama() {
  if engine_offers_nvidia; then echo ghcr.io/ggml-org/llama.cpp:server-cuda; else echo ghcr.io/ggml-org/llama.cpp:server; fi
}

# image_choose TARGET NAME PUBLIC: sets CHOSEN.
image_choose() {
  CHOSEN=$(env_own "$2")
  if [ -n "$CHOSEN" ]; then
    image_exists "$CHOSEN" || image_pull "$CHOSEN" ||
      die "$2=$CHOSEN cannot be pulled ($PULL_WHY): correct it in .env or your environment, or remove it to let ./benchai up choose"
    return 0
  fi
  if [ -z "${OFFLINE:-}" ] && image_public "$1" "$3"; then CHOSEN=$3; else image_offline "$1"; fi
}

# image_public TARGET PUBLIC: a stand-in that is here and up to date saves asking the registry at each `up`.
image_public() {
  ! image_exists "$2" || return 0
  [ -n "${PULL:-}" ] || ! offline_current "$1" || return 1
  [ -z "$REGISTRY_DOWN" ] || return 1
  ! image_pull "$2" || return 0
  warn "cannot pull $2 ($PULL_WHY): building a stand-in from Debian and npm packages instead"
  REGISTRY_DOWN=1
  return 1
}

image_offline() {
  CHOSEN=$(offline_name "$1") IMAGES_BUILT_HERE=1
  offline_current "$1" || offline_build "$1"
}

# image_pull IMAGE: false with PULL_WHY when it cannot be had. The registry must show a first layer within
# PULL_CONNECT_S; then the engine itself gives up on a dead connection, and PULL_TOTAL_S ends everything.
image_pull() {
  pull_log=$STATE/log/pull.log pull_from=$(now)
  mkdir -p "$STATE/log"
  : >"$pull_log"
  phase images "pulling $1 ..."
  docker pull "$1" >"$pull_log" 2>&1 </dev/null &
  CHILD_PID=$!
  image_pull_watch
  if wait "$CHILD_PID"; then
    CHILD_PID=
    phase images "pulled $1 ($(seconds_since "$pull_from"))"
    return 0
  fi
  CHILD_PID=
  ! grep -qi 'no space left on device' "$pull_log" || die "cannot pull $1: the disk is full: free some (docker system prune), then run ./benchai up again"
  PULL_WHY=${PULL_WHY:-$(last_line <"$pull_log" | cut -c 1-160)}
  return 1
}

image_pull_watch() {
  PULL_WHY='' pull_ticks=0 pull_shown=0
  while kill -0 "$CHILD_PID" 2>/dev/null; do
    pull_s=$((pull_ticks / 5)) pull_ticks=$((pull_ticks + 1))
    if [ "$pull_s" -ge "${PULL_CONNECT_S:-30}" ] && ! grep -q 'Pulling fs layer\|Already exists' "$pull_log"; then
      PULL_WHY="no answer within $pull_s s"
    elif [ "$pull_s" -ge "${PULL_TOTAL_S:-3600}" ]; then
      PULL_WHY="not complete after $pull_s s"
    fi
    if [ -n "$PULL_WHY" ]; then kill "$CHILD_PID" 2>/dev/null || :; fi
    if [ $((pull_s - pull_shown)) -ge 5 ]; then
      pull_shown=$pull_s
      phase images "  $(grep -c 'Pull complete\|Already exists' "$pull_log" || :) of $(grep -c 'Pulling fs layer\|Already exists' "$pull_log" || :) layers, $pull_s s"
    fi
    sleep 0.2
  done
}
