# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# An engine in a folder of its own (ENGINE_HOME), from a newer Debian suite than the machine's. Its programs are Go
# binaries that run with the machine's libc, which stays untouched; only runc and iptables come from the machine's suite.
# It needs Debian (or DEBIAN_MIRROR and Debian's archive keyring) and root.

ENGINE_HOME=${ENGINE_HOME:-/var/lib/benchai-engine}
ENGINE_SUITE=${ENGINE_SUITE:-forky}
ENGINE_SOCK=${ENGINE_SOCK:-/var/run/docker.sock}
ENGINE_RUN=${ENGINE_RUN:-/run/benchai-engine}
OWN_BIN=$ENGINE_HOME/$ENGINE_SUITE/bin
OWN_UNIT=/etc/systemd/system/benchai-engine.service
PLUGIN_DIR=/usr/local/lib/docker/cli-plugins
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

own_fetched() { [ -x "$OWN_BIN/dockerd" ]; }

# Its own client goes first, as a stray older one may be in PATH.
own_path() {
  ! own_fetched || PATH=$OWN_BIN:$PATH
  export PATH
}

# A killed dockerd can stay as a zombie, which has a pid but no program.
own_alive() {
  [ -s "$ENGINE_HOME/dockerd.pid" ] || return 1
  case $(readlink "/proc/$(cat "$ENGINE_HOME/dockerd.pid")/exe" 2>/dev/null) in
  */dockerd*) return 0 ;;
  *) return 1 ;;
  esac
}

own_dead() { ! own_alive; }

own_install() {
  mkdir -p "$ENGINE_HOME" || die "cannot write $ENGINE_HOME: set ENGINE_HOME to a folder with 1 GB free"
  (
    arm
    lock "$ENGINE_HOME/lock" "the installation of the engine"
    own_fetch_phase
    own_link
    own_start || engine_start_failed
  )
  own_path
}

own_fetch_phase() {
  ! own_fetched || return 0
  [ -n "$(debian_mirror)" ] ||
    die "this system's own Docker packages are too old and no Debian mirror is known: install $ENGINE_WANTED (https://docs.docker.com/engine/install/), or set DEBIAN_MIRROR"
  [ -r "$KEYRING" ] || die "$KEYRING is missing: apt-get install debian-archive-keyring, then run ./benchai up again"
  run_phase engine "getting Docker from Debian $ENGINE_SUITE into $ENGINE_HOME" own_fetch ||
    die "could not get the engine from $(debian_mirror) ($(why_failed "$PHASE_LOG")): check network and disk, then run ./benchai up again"
  phase engine "Docker from Debian $ENGINE_SUITE in $ENGINE_HOME ($PHASE_SECONDS)"
}

# Everything is put together beside its place and renamed, so that an interrupted fetch leaves nothing half done.
own_fetch() {
  own_tools || return 1
  own_new=$ENGINE_HOME/$ENGINE_SUITE.new own_apt=$ENGINE_HOME/apt
  rm -rf "$own_new" "$own_apt"
  mkdir -p "$own_new/bin" "$own_new/plugins" || return 1
  own_apt_folder "$own_apt" || return 1
  own_download "$own_apt" || return 1
  for deb in "$own_apt"/cache/*.deb; do dpkg -x "$deb" "$own_new/root" || return 1; done
  own_pick "$own_new" || return 1
  rm -rf "$own_apt" "${ENGINE_HOME:?}/$ENGINE_SUITE"
  mv "$own_new" "$ENGINE_HOME/$ENGINE_SUITE"
}

own_tools() {
  if has runc && has iptables && has ip; then return; fi
  DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends runc iptables iproute2
}

# own_apt_folder DIR: an apt of its own, so that the machine's sources and lists stay as they are.
own_apt_folder() {
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/etc/sources.list.d" "$1/etc/preferences.d" "$1/etc/apt.conf.d" || return 1
  : >"$1/status"
  echo "deb [signed-by=$KEYRING] $(debian_mirror) $ENGINE_SUITE main" >"$1/etc/sources.list"
  # A testing suite on a frozen mirror is past its date; the signature still holds.
  cat >"$1/apt.conf" <<CONF
Dir::Etc "$1/etc";
Dir::State "$1";
Dir::State::Lists "$1/lists";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
CONF
}

own_download() (
  cd "$1/cache" || exit 1
  export APT_CONFIG="$1/apt.conf"
  apt-get -q update || exit 1
  for package in docker.io docker-cli docker-compose docker-buildx containerd; do apt-get -q download "$package" || exit 1; done
  apt-get -q download tini-static || apt-get -q download tini # in package tini before forky
)

own_pick() {
  own_root=$1/root
  for program in usr/bin/docker usr/bin/containerd usr/bin/containerd-shim-runc-v2 usr/sbin/dockerd usr/sbin/docker-proxy; do
    mv "$own_root/$program" "$1/bin/" || return 1
  done
  mv "$own_root/usr/bin/tini-static" "$1/bin/docker-init" || return 1
  mv "$own_root"/usr/libexec/docker/cli-plugins/docker-compose "$own_root"/usr/libexec/docker/cli-plugins/docker-buildx "$1/plugins/" || return 1
  rm -rf "$own_root"
}

# Plain `docker compose` must work afterwards: the plugins, and a client where there is none, are linked to where docker
# looks. Somebody else's plugin that is good enough stays; an older one is kept aside under a name docker ignores.
own_link() {
  mkdir -p "$PLUGIN_DIR"
  own_link_one docker-compose "$COMPOSE_MIN"
  own_link_one docker-buildx 0.1
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command -v docker >/dev/null 2>&1 ||
    ln -sfn "$OWN_BIN/docker" /usr/local/bin/docker
}

own_link_one() {
  own_target=$ENGINE_HOME/$ENGINE_SUITE/plugins/$1 own_place=$PLUGIN_DIR/$1
  if [ -x "$own_place" ]; then
    own_there=$("$own_place" docker-cli-plugin-metadata 2>/dev/null | sed -n 's/.*"Version": *"v\{0,1\}\([^"]*\)".*/\1/p')
    [ -z "$own_there" ] || ! at_least "$2" "$own_there" || return 0
  fi
  if [ -e "$own_place" ] && [ ! -L "$own_place" ]; then mv -f "$own_place" "$PLUGIN_DIR/.$1.before-benchai"; fi
  ln -sfn "$own_target" "$own_place"
}

own_start() {
  ! own_alive || return 0
  own_path
  getent group docker >/dev/null || groupadd -r docker # who is in it may use the socket without root
  # What a stopped dockerd leaves behind must be known, to be put back by own_stop.
  iptables-save -t filter 2>/dev/null | sed -n 's/^:FORWARD \([A-Z]*\).*/\1/p' >"$ENGINE_HOME/forward-policy"
  run_phase engine "starting dockerd" own_start_wait || return 1
  phase engine "dockerd started ($PHASE_SECONDS)"
}

own_start_wait() {
  if has_systemd; then own_start_unit; else own_start_daemon; fi || return 1
  ! retry 200 0.2 docker -H "unix://$ENGINE_SOCK" version || return 0
  tail -n 5 "$ENGINE_HOME/dockerd.log"
  echo "dockerd did not come up within 40 s; its log is $ENGINE_HOME/dockerd.log"
  return 1
}

own_command() {
  printf '%s' "$OWN_BIN/dockerd --data-root $ENGINE_HOME/data --exec-root $ENGINE_RUN --pidfile $ENGINE_HOME/dockerd.pid -H unix://$ENGINE_SOCK ${ENGINE_OPTS:-}"
}

# Lock and output must not stay open in a daemon that outlives us.
own_start_daemon() {
  rm -f "$ENGINE_HOME/dockerd.pid"
  # shellcheck disable=SC2046
  setsid nohup $(own_command) >>"$ENGINE_HOME/dockerd.log" 2>&1 </dev/null 9>&- &
}

own_start_unit() {
  cat >"$OWN_UNIT" <<UNIT
[Unit]
Description=Docker engine installed by BenchAI
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
Environment=PATH=$OWN_BIN:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStart=$(own_command)
StandardOutput=append:$ENGINE_HOME/dockerd.log
StandardError=append:$ENGINE_HOME/dockerd.log
Delegate=yes
KillMode=process
LimitNOFILE=1048576
TasksMax=infinity
Restart=on-failure

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload && systemctl enable --now benchai-engine.service
}

own_stop() {
  if ! own_alive; then
    say "the engine in $ENGINE_HOME does not run"
    return 0
  fi
  is_root || die "stopping the engine needs root: sudo $BENCHAI_HOME/benchai engine stop"
  own_pid=$(cat "$ENGINE_HOME/dockerd.pid")
  if [ -f "$OWN_UNIT" ] && has_systemd; then systemctl disable --now benchai-engine.service; else kill "$own_pid"; fi
  retry 300 0.1 own_dead || die "dockerd (pid $own_pid) did not end within 30 s: see $ENGINE_HOME/dockerd.log"
  own_clean
  phase engine "stopped"
}

other_dockerd() {
  for exe in /proc/[0-9]*/exe; do
    case $(readlink "$exe" 2>/dev/null) in */dockerd) return 0 ;; esac
  done
  return 1
}

# A stopped dockerd leaves bridges, mounts and firewall rules. Another dockerd has the same ones: then they stay.
own_clean() {
  ! other_dockerd || return 0
  ip -o link | sed -nE 's/^[0-9]+: (docker0|docker_gwbridge|br-[0-9a-f]{12})[:@].*/\1/p' | while read -r link; do ip link del "$link" || :; done
  for mount in "$ENGINE_RUN"/netns/*; do ! mountpoint -q "$mount" || umount -l "$mount"; done
  rm -rf "$ENGINE_RUN"
  own_policy=$(cat "$ENGINE_HOME/forward-policy" 2>/dev/null || echo ACCEPT)
  for table in nat filter; do
    iptables-save -t "$table" 2>/dev/null | grep -vE 'DOCKER|docker0|docker_gwbridge|br-[0-9a-f]{12}' |
      sed "s/^:FORWARD [A-Z]*/:FORWARD ${own_policy:-ACCEPT}/" | iptables-restore -T "$table" || :
  done
}

own_wipe() {
  own_stop
  is_root || die "removing the engine needs root: sudo $BENCHAI_HOME/benchai engine wipe"
  for own_file in /usr/local/bin/docker "$PLUGIN_DIR/docker-compose" "$PLUGIN_DIR/docker-buildx"; do
    case $(readlink "$own_file" 2>/dev/null) in "$ENGINE_HOME"/*) rm -f "$own_file" ;; esac
  done
  [ ! -f "$OWN_UNIT" ] || rm -f "$OWN_UNIT"
  rm -rf "$ENGINE_HOME"
  phase engine "removed $ENGINE_HOME, with its images and volumes"
}
