# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# Stand-ins for the public base images, built from Debian's packages and two npm tarballs, under names of their own: a
# public name is never taken, so a real image is never hidden.

OFFLINE_PREFIX=${OFFLINE_PREFIX:-benchai-offline}
OFFLINE_SUITE=forky
OFFLINE_NODE=24.21.0
OFFLINE_NPM=11.19.1
OFFLINE_LABEL=ai.benchai.offline-key
OFFLINE_BASE=$OFFLINE_PREFIX/debian:$OFFLINE_SUITE
OFFLINE_DIR=$STATE/offline
CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

# offline_name node-slim|valkey|llama|whisper|ryuk
offline_name() {
  case $1 in
  node-slim) echo "$OFFLINE_PREFIX/node:24-slim" ;;
  valkey) echo "$OFFLINE_PREFIX/valkey:9" ;;
  llama) echo "$OFFLINE_PREFIX/llama.cpp:server" ;;
  whisper) echo "$OFFLINE_PREFIX/whisper.cpp:main" ;;
  ryuk) echo "$OFFLINE_PREFIX/ryuk:0" ;;
  esac
}

# What the images are made from. An image with another key is built again.
offline_key() {
  {
    cat "$LIB/offline/Dockerfile" "$LIB/offline/ryuk.mjs"
    cat "$CA_BUNDLE" 2>/dev/null || :
    echo "$OFFLINE_SUITE $OFFLINE_NODE $OFFLINE_NPM $(node_arch)"
  } | sha256_of | cut -c 1-16
}

node_arch() {
  case $(uname -m) in
  x86_64 | amd64) echo x64 ;;
  aarch64 | arm64) echo arm64 ;;
  *) die "no Node package is known for $(uname -m): BenchAI runs on x86_64 and arm64" ;;
  esac
}

image_exists() { docker image inspect --format '{{.Id}}' "$1" >/dev/null 2>&1; }

# offline_current TARGET: its image is here and made from what we would make it from now.
offline_current() {
  [ "$(docker image inspect --format "{{index .Config.Labels \"$OFFLINE_LABEL\"}}" "$(offline_name "$1")" 2>/dev/null)" = "${OFFLINE_KEY:=$(offline_key)}" ]
}

# offline_build TARGET...: afterwards their images are here, or we have died with the reason.
offline_build() {
  : "${OFFLINE_KEY:=$(offline_key)}"
  offline_lock
  for target; do
    offline_current "$target" || offline_build_one "$target"
  done
  offline_unlock
}

# One build at a time on a machine, for two stacks share the images' names. Own descriptor: 9 is the stack's lock.
offline_lock() {
  has flock || return 0
  if is_root; then offline_lock_dir=/run/lock; else offline_lock_dir=${XDG_RUNTIME_DIR:-$STATE}; fi
  mkdir -p "$offline_lock_dir"
  exec 8>>"$offline_lock_dir/benchai-offline-images.lock"
  flock -n 8 && return
  say "another run builds the offline images: waiting for it"
  flock 8
}
offline_unlock() { exec 8>&-; }

offline_build_one() {
  image_exists "$OFFLINE_BASE" || offline_base
  offline_context
  run_phase images "building $(offline_name "$1")" offline_docker_build "$1" ||
    die "could not build $(offline_name "$1") ($(why_failed "$PHASE_LOG")): check the package mirrors, then run ./benchai up again"
  phase images "built $(offline_name "$1") ($PHASE_SECONDS)"
}

# The engine's own builder, as another one (docker-container) would not see the local base image.
offline_docker_build() {
  docker buildx build --builder "$(docker context show)" --progress plain --provenance=false --load --target "$1" \
    --build-arg BASE="$OFFLINE_BASE" --build-arg TARBALLS="$OFFLINE_TARBALLS" --build-arg NPM_REGISTRY="$(npm_registry)" \
    --build-arg NODE_PACKAGE="node-linux-$(node_arch)@$OFFLINE_NODE" --build-arg NPM_PACKAGE="npm@$OFFLINE_NPM" \
    --label "$OFFLINE_LABEL=$OFFLINE_KEY" -t "$(offline_name "$1")" -f "$LIB/offline/Dockerfile" "$OFFLINE_DIR"
}

# The build context: the machine's CA bundle, and the npm tarballs when the host has npm.
offline_context() {
  mkdir -p "$OFFLINE_DIR"
  cp -f "$LIB/offline/ryuk.mjs" "$OFFLINE_DIR/ryuk.mjs"
  if [ -r "$CA_BUNDLE" ]; then cp -f "$CA_BUNDLE" "$OFFLINE_DIR/ca.crt"; else : >"$OFFLINE_DIR/ca.crt"; fi
  OFFLINE_TARBALLS=debian
  has npm || return 0
  if offline_tarball "node-linux-$(node_arch)@$OFFLINE_NODE" node.tgz && offline_tarball "npm@$OFFLINE_NPM" npm.tgz; then
    OFFLINE_TARBALLS=host
    return
  fi
  warn "npm on this machine could not fetch Node ($(why_failed "$PHASE_LOG")): trying with Debian's npm in a container"
}

# offline_tarball PACKAGE FILE: `npm pack` checks the integrity; the .from file says what FILE is.
offline_tarball() {
  [ ! -s "$OFFLINE_DIR/$2" ] || [ "$(cat "$OFFLINE_DIR/$2.from" 2>/dev/null)" != "$1" ] || return 0
  run_phase images "fetching $1 from npm" npm_fetch "$1" "$OFFLINE_DIR/$2" || return 1
  echo "$1" >"$OFFLINE_DIR/$2.from"
}

# npm_fetch PACKAGE FILE: through a folder of its own and a rename, so that FILE is whole or absent.
npm_fetch() (
  rm -rf "$2.dir"
  mkdir -p "$2.dir" && cd "$2.dir" && npm pack --silent "$1" && mv -f ./*.tgz "$2" && cd / && rm -rf "$2.dir"
)

# npm_registry: this machine's; builds need it too.
npm_registry() {
  if [ -n "${npm_config_registry:-}" ]; then
    npm_registry_url=$npm_config_registry
  else
    has npm || return 0
    npm_registry_url=$(npm config get registry 2>/dev/null || :)
  fi
  case $npm_registry_url in undefined | '') ;; *) echo "$npm_registry_url" ;; esac
}

offline_base() {
  offline_mirror=$(debian_mirror)
  [ -n "$offline_mirror" ] || die "building images offline needs a Debian mirror: set DEBIAN_MIRROR, or make a registry reachable"
  [ -r "$KEYRING" ] || die "$KEYRING is missing: apt-get install debian-archive-keyring, then run ./benchai up again"
  offline_mmdebstrap
  run_phase images "making a Debian $OFFLINE_SUITE base image" offline_base_import ||
    die "could not make a base image from $offline_mirror ($(why_failed "$PHASE_LOG")): check network and disk, then run ./benchai up again"
  phase images "made $OFFLINE_BASE ($PHASE_SECONDS)"
}

offline_mmdebstrap() {
  [ -z "${NO_INSTALL:-}" ] || has mmdebstrap ||
    die "building images offline needs mmdebstrap and --no-install forbids installing it: apt-get install mmdebstrap, then run ./benchai up again"
  apt_tool mmdebstrap mmdebstrap "to build base images from Debian packages" ||
    die "building images offline needs mmdebstrap (Debian, Ubuntu): sudo apt-get install mmdebstrap, then run ./benchai up again"
}

# Through a file, not a pipe: a broken bootstrap must not become an image.
offline_base_import() {
  offline_root=$(offline_tmp_root)
  rm -rf "$offline_root"/benchai-offline.* # of a run that was killed: we hold the lock
  offline_tmp=$(mktemp -d "$offline_root/benchai-offline.XXXXXX") || return 1
  doom "$offline_tmp"
  offline_base_tar "$offline_tmp" && docker import -c 'CMD ["bash"]' "$offline_tmp/base.tar" "$OFFLINE_BASE"
  offline_status=$?
  rm -rf "$offline_tmp"
  return "$offline_status"
}

# Memory when there is plenty: unpacking packages there takes half the time.
offline_tmp_root() {
  offline_free_kb=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
  if [ "${offline_free_kb:-0}" -gt 2000000 ] && [ -w /dev/shm ]; then echo /dev/shm; else echo "$STATE"; fi
}

offline_base_tar() {
  if is_root; then offline_mode=root; else offline_mode=unshare; fi
  TMPDIR=$1 mmdebstrap --quiet --variant=minbase --mode=$offline_mode --include=ca-certificates,tini \
    --keyring="$KEYRING" --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --customize-hook='rm -f "$1/etc/resolv.conf" "$1/etc/hostname"' \
    "$OFFLINE_SUITE" "$1/base.tar" "$offline_mirror"
}
