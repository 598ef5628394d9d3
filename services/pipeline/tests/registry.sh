#!/usr/bin/env bash
# A real schema registry for tests: Apicurio Registry with its data in memory, on a
# free port of this machine, by its API that is compatible with Confluent's.
#
#   registry.sh install      prints the directory of the installation, after downloading it
#                            if need be
#   registry.sh start DIR    starts one with its files in DIR, waits for it, and prints its
#                            address for TEST_SCHEMA_REGISTRY_URL and SCHEMA_REGISTRY_URL
#   registry.sh stop DIR     ends it
#
# Apicurio comes from Maven Central (109 MB) into .registry, which git ignores. A JDK, Maven
# and curl are installed with apt-get where they are missing.
set -euo pipefail

readonly VERSION=3.0.9
root=$(cd "$(dirname "$0")/../../.." && pwd)

say() { printf 'registry.sh: %s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

usage() {
    sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "$0" >&2
    exit 2
}

# Installs the Debian packages whose commands are missing: command package ...
require() {
    local missing=()
    while [ $# -gt 0 ]; do
        command -v "$1" >/dev/null || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "please install: ${missing[*]}"
    local run=()
    [ "$(id -u)" -eq 0 ] || run=(sudo)
    say "installing ${missing[*]}"
    "${run[@]}" apt-get update -q >&2
    "${run[@]}" apt-get install -qy --no-install-recommends "${missing[@]}" >&2
}

install() {
    require java openjdk-17-jre-headless curl curl
    local home=$root/.registry/$VERSION
    # The last step of an installation, so that an interrupted one is done again.
    if [ ! -e "$home/complete" ]; then
        require mvn maven
        say "downloading Apicurio Registry $VERSION"
        mkdir -p "$home"
        mvn -q -B dependency:copy -DoutputDirectory="$home" \
            -Dartifact="io.apicurio:apicurio-registry-app:$VERSION:tar.gz:all" >&2 ||
            die "Maven could not download Apicurio Registry $VERSION"
        tar -xzf "$home/apicurio-registry-app-$VERSION-all.tar.gz" -C "$home"
        rm "$home/apicurio-registry-app-$VERSION-all.tar.gz"
        touch "$home/complete"
    fi
    printf '%s\n' "$home"
}

# Sets `port` to one that nobody listens on, below those that outgoing connections take.
free_port() {
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || return 0
    done
}

start() { # DIR
    mkdir -p "$1"
    local dir home port
    dir=$(cd "$1" && pwd)
    home=$(install)
    free_port
    local url=http://127.0.0.1:$port/apis/ccompat/v7 deadline=$((SECONDS + 120))
    (
        cd "$dir"
        QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$port exec setsid \
            java -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
            -jar "$home/apicurio-registry-app-$VERSION-runner.jar" >log 2>&1 </dev/null
    ) &
    echo $! >"$dir/pid"
    until curl -fs -m 2 "$url/subjects" >/dev/null; do
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || { tail -20 "$dir/log" >&2; die "it ended"; }
        [ $SECONDS -lt $deadline ] || { tail -20 "$dir/log" >&2; die "it does not start"; }
        sleep 0.2
    done
    printf '%s\n' "$url"
}

stop() { # DIR
    local pid
    [ -e "$1/pid" ] || return 0
    pid=$(cat "$1/pid")
    kill -KILL "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

case ${1:-} in
install) [ $# -eq 1 ] || usage; install ;;
start) [ $# -eq 2 ] || usage; start "$2" ;;
stop) [ $# -eq 2 ] || usage; stop "$2" ;;
*) usage ;;
esac
