# shellcheck shell=sh disable=SC2034,SC2154,SC2016
# The Docker engine: is there a usable one, why not, and how to get one.

# Volume subpaths, which workers mount their one model file with, came with API 1.45 (Docker 26).
ENGINE_API_MIN=1.45
COMPOSE_MIN=2.20
ENGINE_WANTED="Docker 26 or newer with Compose $COMPOSE_MIN or newer and buildx"

use env engine-install engine-own

# engine_probe: sets ENGINE_STATE to ok | no-client | denied | stopped | old | no-plugins, ENGINE_WHY to the reason in
# words, and what is known of the engine.
engine_probe() {
  ENGINE_STATE=no-client ENGINE_WHY="there is no docker command" ENGINE_VERSION='' ENGINE_API=''
  has docker || return 0
  if engine_out=$(bounded 15 docker version --format '{{.Server.Version}} {{.Server.APIVersion}}' 2>&1); then
    engine_out=$(printf '%s\n' "$engine_out" | last_line)
    ENGINE_VERSION=${engine_out% *} ENGINE_API=${engine_out#* }
    engine_judge
    return
  fi
  case $engine_out in
  *[Pp]'ermission denied'*) ENGINE_STATE=denied ;;
  *) ENGINE_STATE=stopped ;;
  esac
  ENGINE_WHY=$(printf '%s\n' "$engine_out" | last_line | cut -c 1-200)
}

# Compose and buildx are asked for through `docker info`: one call of 0.1 s instead of two of 0.2 s.
engine_judge() {
  if ! at_least "$ENGINE_API_MIN" "$ENGINE_API"; then
    ENGINE_STATE=old ENGINE_WHY="Docker $ENGINE_VERSION speaks API $ENGINE_API and $ENGINE_API_MIN (Docker 26) is needed"
    return
  fi
  engine_info
  if [ -z "$COMPOSE_VERSION" ]; then
    ENGINE_STATE=no-plugins ENGINE_WHY="docker has no compose plugin"
  elif ! at_least "$COMPOSE_MIN" "$COMPOSE_VERSION"; then
    ENGINE_STATE=no-plugins ENGINE_WHY="Compose $COMPOSE_VERSION is older than $COMPOSE_MIN"
  elif [ -z "$BUILDX_VERSION" ]; then
    ENGINE_STATE=no-plugins ENGINE_WHY="docker has no buildx plugin"
  else
    ENGINE_STATE=ok ENGINE_WHY=
  fi
}

engine_info() {
  engine_facts=$(bounded 15 docker info --format '{{range .ClientInfo.Plugins}}plugin-{{.Name}}={{.Version}}
{{end}}os={{.OperatingSystem}}
security={{.SecurityOptions}}
runtimes={{range $name, $runtime := .Runtimes}}{{$name}} {{end}}
root={{.DockerRootDir}}' 2>/dev/null || :)
  COMPOSE_VERSION=$(engine_fact plugin-compose) BUILDX_VERSION=$(engine_fact plugin-buildx)
  ENGINE_OS=$(engine_fact os) ENGINE_SECURITY=$(engine_fact security)
  ENGINE_RUNTIMES=$(engine_fact runtimes) ENGINE_ROOT=$(engine_fact root)
  COMPOSE_VERSION=${COMPOSE_VERSION#v}
}

engine_fact() { printf '%s\n' "$engine_facts" | sed -n "s/^$1=//p" | head -n 1; }

# engine_require: for commands that look at a running stack and never install anything.
engine_require() {
  own_path
  engine_probe
  [ "$ENGINE_STATE" = ok ] || die "no usable Docker engine ($ENGINE_WHY): $(engine_remedy)"
}

engine_remedy() {
  case $ENGINE_STATE in
  denied) echo "add yourself to its group with 'sudo usermod -aG docker $(id -un)' and log in again, or use sudo" ;;
  stopped) echo "start it with $(engine_start_command), or look why it does not answer" ;;
  old) echo "upgrade it to $ENGINE_WANTED" ;;
  *) echo "./benchai up installs one on Debian and Ubuntu; elsewhere install $ENGINE_WANTED" ;;
  esac
}

engine_start_command() {
  case $(uname -s) in
  Darwin) echo "Docker Desktop" ;;
  *) if own_fetched; then echo "'sudo $BENCHAI_HOME/benchai engine install'"; else echo "'sudo systemctl start docker'"; fi ;;
  esac
}

# engine_ensure: afterwards a usable engine answers, or we have died with the reason. NO_INSTALL=1 forbids installing.
engine_ensure() {
  own_path
  engine_probe
  [ "$ENGINE_STATE" != ok ] || return 0
  case $ENGINE_STATE in
  denied) die "the Docker daemon refuses user $(id -un) (permission denied): $(engine_remedy)" ;;
  old) die "$ENGINE_WHY: upgrade it to $ENGINE_WANTED, or stop it so that ./benchai up can install its own" ;;
  stopped) engine_start || engine_install ;;
  *) engine_install ;;
  esac
  engine_probe
  [ "$ENGINE_STATE" = ok ] || die "the Docker engine is still not usable ($ENGINE_WHY): see $STATE/log/engine.log and $ENGINE_HOME/dockerd.log"
}

# engine_start: true when an engine that is installed already was started. A client alone is no engine.
engine_start() {
  case ${DOCKER_HOST:-unix:///var/run/docker.sock} in
  unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
  *) die "no engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST to use this machine's own" ;;
  esac
  [ "$(uname -s)" != Darwin ] || die "the Docker daemon is not running: start Docker Desktop, then run ./benchai up again"
  if own_fetched || engine_has_service; then
    is_root || die "the Docker daemon is not running: start it with $(engine_start_command), then run ./benchai up again"
    if own_fetched; then own_start; else run_phase engine "starting the docker service" systemctl start docker; fi || engine_start_failed
    return 0
  fi
  ! has dockerd || die "the Docker daemon is installed but not running: start it as root with 'dockerd', then run ./benchai up again"
  return 1
}

engine_start_failed() { die "the Docker daemon does not start ($(why_failed "$PHASE_LOG")): repair it, then run ./benchai up again"; }
engine_has_service() { has_systemd && systemctl cat docker.service >/dev/null 2>&1; }
has_systemd() { [ -d /run/systemd/system ] && has systemctl; }

# engine_socket: DOCKER_SOCK, the socket's path on the engine's own machine, and DOCKER_GID, the group that may use it.
engine_socket() {
  DOCKER_SOCK=$(env_own DOCKER_SOCK) DOCKER_GID=$(env_own DOCKER_GID)
  engine_host=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || :)}
  case $engine_host in
  unix://* | '') ;;
  *) die "the engine at $engine_host is on another machine, which cannot mount this folder: run ./benchai there, or unset DOCKER_HOST" ;;
  esac
  if [ "$(uname -s)" = Darwin ] || [ "$ENGINE_OS" = "Docker Desktop" ]; then
    # The engine lives in a virtual machine, where its socket has the usual path and belongs to root.
    : "${DOCKER_SOCK:=/var/run/docker.sock}" "${DOCKER_GID:=0}"
    return
  fi
  : "${DOCKER_SOCK:=$(readlink -f "${engine_host#unix://}" 2>/dev/null || :)}"
  [ -n "$DOCKER_SOCK" ] || DOCKER_SOCK=/var/run/docker.sock
  case $ENGINE_SECURITY in
  *rootless*) : "${DOCKER_GID:=0}" ;; # the user's own group is root's inside the engine's user namespace
  *) : "${DOCKER_GID:=$(stat -L -c %g "$DOCKER_SOCK" 2>/dev/null || echo 0)}" ;;
  esac
}

# engine_offers_nvidia: the engine can give a container an NVIDIA GPU, and there is one.
engine_offers_nvidia() {
  [ -e /dev/nvidiactl ] || [ -e /dev/dxg ] || return 1
  case " $ENGINE_RUNTIMES" in *' nvidia '*) return 0 ;; esac
  has_nvidia_cdi && at_least 28.2 "$ENGINE_VERSION" # CDI is on by default since Docker 28.2
}

has_nvidia_cdi() {
  for cdi in /etc/cdi/*nvidia* /var/run/cdi/*nvidia*; do
    [ ! -e "$cdi" ] || return 0
  done
  return 1
}

cmd_engine() {
  own_path
  case ${1:-status} in
  status) engine_status ;;
  install) NO_INSTALL='' && engine_ensure && phase engine "Docker $ENGINE_VERSION, API $ENGINE_API, Compose $COMPOSE_VERSION" ;;
  stop) own_stop ;;
  wipe) own_wipe ;;
  *) die "unknown word '$1': ./benchai engine status | install | stop | wipe" ;;
  esac
}

engine_status() {
  engine_probe
  if own_alive; then say "own engine runs, pid $(cat "$ENGINE_HOME/dockerd.pid"), in $ENGINE_HOME"; fi
  [ "$ENGINE_STATE" = ok ] || die "no usable Docker engine ($ENGINE_WHY): $(engine_remedy)"
  say "Docker $ENGINE_VERSION, API $ENGINE_API, Compose $COMPOSE_VERSION, buildx $BUILDX_VERSION"
}
