# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# The stack's own images, built only when what goes into them has changed.

BUILD_STAMP=$STATE/build.stamp

build_stack() {
  build_hash=$(build_inputs | sha256_of)
  if [ "$build_hash" = "$(cat "$BUILD_STAMP" 2>/dev/null)" ] && build_images_exist; then
    phase build "unchanged"
    return
  fi
  rm -f "$BUILD_STAMP"
  run_phase build "building the services' images" docker compose build ||
    die "docker compose build failed ($(why_failed "$PHASE_LOG")): the whole log is $PHASE_LOG; then run ./benchai up again"
  mkdir -p "$STATE"
  echo "$build_hash" >"$BUILD_STAMP"
  phase build "built ($PHASE_SECONDS)"
}

# Names and content of every file that the Dockerfile copies, and what it builds on.
build_inputs() {
  echo "$NODE_IMAGE $(docker image inspect --format '{{.Id}}' "$NODE_IMAGE" 2>/dev/null) $PROJECT"
  {
    printf '%s\n' Dockerfile .dockerignore .npmrc docker-compose.yml package.json package-lock.json
    find packages services test/package.json -type f \( -path '*/src/*' -o -name package.json \) ! -name '*.test.ts' ! -path '*/node_modules/*'
    find assets -type f
  } 2>/dev/null | LC_ALL=C sort | while IFS= read -r file; do
    [ ! -f "$file" ] || printf '%s\n' "$file"
  done | tr '\n' '\0' | xargs -0 cksum
}

# Every image of the compose file, not only the built ones: they are all needed.
build_images_exist() {
  build_images=$(docker compose config --images 2>/dev/null) && [ -n "$build_images" ] || return 1
  # shellcheck disable=SC2086
  docker image inspect --format '{{.Id}}' $build_images >/dev/null 2>&1
}
