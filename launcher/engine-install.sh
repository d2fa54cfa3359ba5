# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# Installing an engine where there is none: the distribution's ordinary packages where they are new enough and systemd
# will run them, otherwise an engine in a folder of its own (engine-own.sh).

OS_RELEASE=${BENCHAI_OS_RELEASE:-/etc/os-release}

# os_id: debian, ubuntu, or empty for anything else.
os_id() (
  [ -r "$OS_RELEASE" ] || return 0
  # shellcheck disable=SC1090
  . "$OS_RELEASE"
  case " ${ID:-} ${ID_LIKE:-} " in
  *' ubuntu '*) echo ubuntu ;;
  *' debian '*) echo debian ;;
  esac
)

# candidate PACKAGE: the version apt would install, without epoch; empty when there is none.
candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}//p' | grep -v '^(none)' || :; }

# new_enough PACKAGE VERSION
new_enough() { candidate_version=$(candidate "$1") && [ -n "$candidate_version" ] && at_least "$2" "$candidate_version"; }

# distro_packages: the distribution's own engine packages when they are new enough, else nothing.
distro_packages() {
  new_enough docker.io 26 && new_enough docker-buildx 0 || return 0
  if new_enough docker-compose-v2 "$COMPOSE_MIN"; then
    distro_compose=docker-compose-v2
  elif new_enough docker-compose "$COMPOSE_MIN"; then
    distro_compose=docker-compose
  else
    return 0
  fi
  # Debian has the client in a package of its own since 13; Ubuntu has it inside docker.io.
  printf 'docker.io %s%s docker-buildx' "$(! new_enough docker-cli 26 || printf 'docker-cli ')" "$distro_compose"
}

engine_install() {
  [ -z "${NO_INSTALL:-}" ] ||
    die "no usable Docker engine ($ENGINE_WHY) and --no-install forbids installing one: install $ENGINE_WANTED, or run ./benchai up without --no-install"
  install_os=$(os_id)
  [ -n "$install_os" ] ||
    die "no usable Docker engine ($ENGINE_WHY), and only on Debian and Ubuntu can this install one: install $ENGINE_WANTED (https://docs.docker.com/engine/install/), then run ./benchai up again"
  is_root || engine_install_hint
  say "no usable Docker engine ($ENGINE_WHY): installing one from $install_os packages (--no-install would forbid it)"
  if [ "$ENGINE_STATE" = no-plugins ]; then
    # The engine that runs is fine and stays as it is: only the client's plugins are added.
    own_fetch_phase
    own_link
    return
  fi
  run_phase engine "apt-get update" apt-get -q update || warn "apt-get update failed ($(why_failed "$PHASE_LOG")): going on with the lists that are here"
  install_packages=$(distro_packages)
  if [ -n "$install_packages" ] && has_systemd; then engine_install_packages; else own_install; fi
}

# Without root: the exact commands, and no more.
engine_install_hint() {
  install_packages=$(distro_packages)
  if [ -n "$install_packages" ] && has_systemd; then
    install_command="sudo apt-get update && sudo apt-get install -y $install_packages"
  else
    install_command="sudo '$BENCHAI_HOME/benchai' engine install"
  fi
  die "no usable Docker engine ($ENGINE_WHY), and installing one needs root: run \`$install_command && sudo usermod -aG docker $(id -un)\`, log in again, then ./benchai up"
}

engine_install_packages() {
  # shellcheck disable=SC2086
  run_phase engine "apt-get install $install_packages" \
    env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $install_packages ||
    die "apt-get install $install_packages failed ($(why_failed "$PHASE_LOG")): repair it, then run ./benchai up again"
  systemctl start docker || engine_start_failed
}

# apt_tool TOOL PACKAGE WHY: installs a small tool that is missing where we may; true when it is there afterwards.
apt_tool() {
  ! has "$1" || return 0
  if [ -n "${NO_INSTALL:-}" ] || ! is_root || [ -z "$(os_id)" ]; then return 1; fi
  say "$1 is missing: installing the package $2 $3"
  run_phase tools "apt-get install $2" apt_install "$2" || {
    warn "apt-get install $2 failed ($(why_failed "$PHASE_LOG"))"
    return 1
  }
}

# A fresh machine has no package lists, or old ones.
apt_install() {
  apt-get -q update || :
  DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$@"
}

# debian_mirror: where this machine's apt gets Debian from; DEBIAN_MIRROR overrides it. Empty on other systems.
debian_mirror() {
  if [ -n "${DEBIAN_MIRROR:-}" ]; then
    echo "$DEBIAN_MIRROR"
  elif [ "$(os_id)" = debian ]; then
    # The main archive ends in /debian; a mirror that renames it is at least not the security one.
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
      awk '/\/debian\/?$/ { print; found = 1; exit } !/security/ && !other { other = $0 } END { if (!found && other) print other }'
  fi
}
