#!/usr/bin/env bash
# A container engine where none answers, made of Debian's packages alone, and the base images that nobody has to pull.
#
#   . scripts/engine.sh; engine_up; …; engine_down     in a script: engine_down stops only what engine_up started
#   scripts/engine.sh up                               by hand: starts an engine and prints what to export
#   scripts/engine.sh down                             stops that engine; its images are kept for the next time
#   scripts/engine.sh base bookworm|forky              makes debian:<suite>-slim where it cannot be pulled

ENGINE_DIR=${FERRO_ENGINE_DIR:-/var/tmp/ferro-engine}
ENGINE_PID=

engine_say() { echo "engine: $*" >&2; }

engine_install() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    engine_say "this needs ${missing[*]}, and is no Debian with root's rights"
    return 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
    { engine_say "could not install ${missing[*]}"; return 1; }
}

# Makes an engine answer: one that answers already, one that was started here before, or a new one of our own.
engine_up() {
  docker version >/dev/null 2>&1 && return 0
  if [ -S "$ENGINE_DIR/docker.sock" ] && docker --host "unix://$ENGINE_DIR/docker.sock" version >/dev/null 2>&1; then
    export DOCKER_HOST="unix://$ENGINE_DIR/docker.sock"
    return 0
  fi
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    engine_install docker.io || return 1
    docker version >/dev/null 2>&1 && return 0 # the package may have started one
  fi
  if [ "$(id -u)" != 0 ]; then
    engine_say 'none answers, and only root may start one'
    return 1
  fi
  mkdir -p "$ENGINE_DIR"
  rm -f "$ENGINE_DIR/pid"
  # In a session of its own: Ctrl-C ends the tests, which then still need the engine to tidy up.
  setsid dockerd --data-root "$ENGINE_DIR/data" --exec-root "$ENGINE_DIR/exec" --host "unix://$ENGINE_DIR/docker.sock" \
    --pidfile "$ENGINE_DIR/pid" >"$ENGINE_DIR/log" 2>&1 </dev/null &
  local starting=$!
  export DOCKER_HOST="unix://$ENGINE_DIR/docker.sock"
  for _ in $(seq 300); do
    # setsid may have gone before its daemon is up, so a daemon counts as gone only without either.
    [ -f "$ENGINE_DIR/pid" ] && ENGINE_PID=$(cat "$ENGINE_DIR/pid")
    docker version >/dev/null 2>&1 && [ -n "$ENGINE_PID" ] && return 0
    kill -0 "$starting" 2>/dev/null || kill -0 "${ENGINE_PID:-$starting}" 2>/dev/null || break
    sleep 0.2
  done
  engine_say 'none could be started; the end of its log:'
  tail -n 5 "$ENGINE_DIR/log" >&2
  engine_down
  return 1
}

engine_down() {
  [ -n "$ENGINE_PID" ] || return 0
  kill "$ENGINE_PID" 2>/dev/null
  for _ in $(seq 100); do
    kill -0 "$ENGINE_PID" 2>/dev/null || break
    sleep 0.2
  done
  ENGINE_PID=
}

# engine_base SUITE: debian:SUITE-slim, pulled or made.
engine_base() {
  local image="debian:$1-slim" options=()
  docker image inspect "$image" >/dev/null 2>&1 && return 0
  timeout 120 docker pull -q "$image" >/dev/null 2>&1 && return 0
  engine_install mmdebstrap || return 1
  # A mirror may hold a copy of a suite in the making whose release file is past its date.
  [ "$1" = bookworm ] || options=(--aptopt='Acquire::Check-Valid-Until "false"')
  engine_say "making $image"
  (
    set -o pipefail
    mmdebstrap --quiet --variant=minbase "${options[@]}" "$1" - | docker import --change 'CMD ["bash"]' - "$image" >/dev/null
  ) || { engine_say "could not make $image"; return 1; }
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case "${1:-}" in
    up)
      engine_up && engine_base bookworm || exit 1
      echo "export DOCKER_HOST=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}"
      ;;
    down) [ -f "$ENGINE_DIR/pid" ] && ENGINE_PID=$(cat "$ENGINE_DIR/pid") && engine_down ;;
    base) engine_base "${2:?which suite}" ;;
    *)
      sed -n '2,8s/^# \{0,1\}//p' "$0"
      exit 2
      ;;
  esac
fi
