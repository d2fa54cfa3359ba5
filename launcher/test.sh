# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# test: checks, unit tests, and container tests on a real engine. All of them run even when one fails.

TEST_NODE=24.21.0
TEST_NPM=11.19.1
TEST_DIR=$STATE/node
REPORTS=$STATE/report

use engine images

cmd_test() {
  test_unit_only=
  for option; do
    case $option in
    --unit) test_unit_only=1 ;;
    *) die "test does not know '$option': ./benchai test [--unit]" ;;
    esac
  done
  TEST_STATUS=0 test_suites=unit NO_INSTALL=''
  export CI=true TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 NO_UPDATE_NOTIFIER=1
  stack_names
  apt_tool curl curl "for the tests" || die "the tests need curl: install it, then run ./benchai test again"
  for test_tool in espeak-ng ffmpeg; do
    apt_tool "$test_tool" "$test_tool" "for the tests of speech" || die "the tests need $test_tool: install it, then run ./benchai test again"
  done
  test_recogniser || die "the tests need pocketsphinx and its English model: install pocketsphinx and pocketsphinx-en-us, then run ./benchai test again"
  test_node
  test_install
  rm -rf "$REPORTS"
  test_step "npm run check" npm run --silent check
  test_suite unit
  if [ -z "$test_unit_only" ]; then
    test_suites="unit containers"
    test_containers
  fi
  # shellcheck disable=SC2086
  node "$LIB/report.mjs" "$REPORTS" $test_suites || TEST_STATUS=1
  exit "$TEST_STATUS"
}

# The program has another name since version 5, and the model has none.
test_recogniser() {
  has pocketsphinx_continuous || apt_tool pocketsphinx pocketsphinx "for the tests of speech" || return 1
  [ -d /usr/share/pocketsphinx/model/en-us ] || apt_tool pocketsphinx-en-us pocketsphinx-en-us "for the tests of speech"
}

# test_step TEXT COMMAND...: remembers a failure and goes on.
test_step() {
  test_text=$1 test_from=$(now)
  shift
  say "== $test_text"
  if "$@" </dev/null; then
    say "== $test_text: passed ($(seconds_since "$test_from"))"
  else
    TEST_STATUS=1
    say "== $test_text: FAILED ($(seconds_since "$test_from"))"
  fi
}

test_suite() { test_step "$1 tests" env BENCHAI_REPORT="$1" npm run --silent "test:$1"; }

# In a subshell, as what it needs may end it with an error and the summary must come all the same. A machine without an
# engine fails loudly: the suite that could not run has no report, and that counts as a failure.
test_containers() {
  set +e
  (
    set -e
    arm
    TEST_STATUS=0
    test_container_suite
  )
  test_status=$?
  set -e
  [ "$test_status" -ne 0 ] || return 0
  TEST_STATUS=1
  [ -e "$REPORTS/started" ] ||
    printf '\n!!! The container tests COULD NOT RUN, which is a failure. The line above says why. !!!\n\n'
}

test_container_suite() {
  OFFLINE='' PULL='' IMAGES_WHISPER=1
  engine_ensure
  engine_socket
  phase engine "Docker $ENGINE_VERSION (API $ENGINE_API), Compose $COMPOSE_VERSION"
  images_choose
  test_ryuk
  NPM_REGISTRY=$(npm_registry)
  export NODE_IMAGE VALKEY_IMAGE LLAMA_IMAGE WHISPER_IMAGE WORKER_IMAGE_PULL NPM_REGISTRY DOCKER_SOCK DOCKER_GID
  # In a container that shares the engine's network the published ports are on our own loopback.
  if [ -e /.dockerenv ]; then export TESTCONTAINERS_HOST_OVERRIDE="${TESTCONTAINERS_HOST_OVERRIDE:-127.0.0.1}"; fi
  mkdir -p "$REPORTS"
  : >"$REPORTS/started"
  test_suite containers
  return "$TEST_STATUS"
}

# testcontainers pulls ryuk by itself where a registry can be reached; otherwise ours takes its place.
test_ryuk() {
  if [ -n "$IMAGES_BUILT_HERE" ] && [ -z "${RYUK_CONTAINER_IMAGE:-}" ]; then
    image_offline ryuk
    export RYUK_CONTAINER_IMAGE="$CHOSEN"
  fi
}

# --- Node and dependencies -----------------------------------------------------------------------------------------

test_node() {
  if [ -x "$TEST_DIR/bin/node" ]; then
    PATH=$TEST_DIR/bin:$PATH
  elif ! has node || ! at_least 24 "$(node --version | sed 's/^v//')" || ! has npm; then
    test_node_fetch
    PATH=$TEST_DIR/bin:$PATH
  fi
  export PATH
  phase node "$(node --version), npm $(npm --version)"
}

test_node_fetch() {
  need npm "the tests need Node 24, which npm can fetch: install Node 24 (https://nodejs.org), or npm (apt-get install npm)"
  test_new=$TEST_DIR.new
  doom "$test_new"
  rm -rf "$test_new"
  mkdir -p "$test_new"
  run_phase node "fetching Node $TEST_NODE from npm" test_node_download ||
    die "could not fetch Node $TEST_NODE from npm ($(why_failed "$PHASE_LOG")): check the registry (npm config get registry), or install Node 24"
  rm -rf "$TEST_DIR"
  mv "$test_new" "$TEST_DIR"
}

test_node_download() {
  npm_fetch "node-$(test_os)-$(node_arch)@$TEST_NODE" "$test_new/node.tgz" || return 1
  npm_fetch "npm@$TEST_NPM" "$test_new/npm.tgz" || return 1
  tar -xzf "$test_new/node.tgz" -C "$test_new" --strip-components=1 || return 1
  mkdir -p "$test_new/lib/node_modules/npm" || return 1
  tar -xzf "$test_new/npm.tgz" -C "$test_new/lib/node_modules/npm" --strip-components=1 || return 1
  rm -f "$test_new/node.tgz" "$test_new/npm.tgz"
  for cli in npm npx; do
    chmod +x "$test_new/lib/node_modules/npm/bin/$cli-cli.js" || return 1
    ln -s "../lib/node_modules/npm/bin/$cli-cli.js" "$test_new/bin/$cli" || return 1
  done
  "$test_new/bin/node" --version
}

test_os() {
  case $(uname -s) in
  Darwin) echo darwin ;;
  *) echo linux ;;
  esac
}

# npm ci only when the lockfile has changed since the last complete one.
test_install() {
  test_stamp=node_modules/.benchai-lock
  test_lock=$(cat package-lock.json package.json | sha256_of)
  [ "$(cat "$test_stamp" 2>/dev/null)" != "$test_lock" ] || return 0
  rm -f "$test_stamp"
  run_phase npm "npm ci" npm ci ||
    die "npm ci failed ($(grep -m1 'npm error' "$PHASE_LOG" || why_failed "$PHASE_LOG")): check the registry (npm config get registry) and the disk, then run ./benchai test again"
  echo "$test_lock" >"$test_stamp"
  phase npm "npm ci ($PHASE_SECONDS)"
}
