#!/usr/bin/env bash
# Builds every image and runs it: the pipeline of compose.yaml with its Kafka, schema
# registry and Prometheus, a service with the TA-Lib C library, and the development
# container. CHECK_IMAGES=0 leaves it out. The programs are compiled without optimisation,
# as it is the images that are looked at; IMAGE_PROFILE=release compiles what is shipped.
#
# It starts an engine of its own, and stops it by its process id; of the images and of what
# they ran nothing is left behind. What builds uses this machine's network; compose.yaml's
# ports on it must be free. Images are pulled; where no registry answers, stand-ins.sh and
# compose-stand-ins.sh make them. Needs root, and on Debian nothing else: what is missing
# is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly services=(trades candles technical-indicators)
readonly profile=${IMAGE_PROFILE:-quick}
# What is not optimised is larger.
declare -rA most_megabytes=([release]=60 [quick]=80)
readonly version=0.0.0-check
rust_image=$(sed -n 's/^ARG RUST_IMAGE=//p' docker/Dockerfile)
revision=$(git describe --always --abbrev=40 --dirty --exclude='*')
base_image=$(sed -n 's/^ARG BASE_IMAGE=//p' docker/Dockerfile)

say() { printf '\ncheck.sh: %s (%d s)\n' "$*" $SECONDS; }

die() {
    printf 'check.sh: error: %s\n' "$*" >&2
    exit 1
}

case ${CHECK_IMAGES:-1} in
0)
    echo "check.sh: CHECK_IMAGES=0: the images are neither built nor run"
    exit
    ;;
1) [ -n "${most_megabytes[$profile]:-}" ] || die "IMAGE_PROFILE is '$profile', expected quick or release" ;;
*) die "CHECK_IMAGES is '$CHECK_IMAGES', expected 0 or 1" ;;
esac
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "an engine needs root; CHECK_IMAGES=0 leaves the images out"
    exec sudo --preserve-env env "PATH=$PATH" docker/check.sh
fi

install() { # COMMAND PACKAGE
    command -v "$1" >/dev/null && return
    command -v apt-get >/dev/null || die "please install $2, or leave the images out with CHECK_IMAGES=0"
    say "installing $2"
    apt-get update -q >/dev/null
    # An engine that the package brings is not to be started, and to stay.
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && own_policy=yes; }
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$2" >/dev/null ||
        die "apt-get cannot install $2"
    [ -z "$own_policy" ] || rm -f "$policy"
    own_policy=
}

work=$(mktemp -d)
readonly work
engine=
development=
pulled=
registry_path=
readonly policy=/usr/sbin/policy-rc.d
own_policy=
had_key=$([ -e /etc/docker/key.json ] && echo yes || true)

cleanup() {
    local status=$?
    trap - EXIT
    set +e
    [ -z "$development" ] || { kill "$development" && wait "$development"; } 2>/dev/null
    if [ -n "$engine" ] && kill -0 "$engine" 2>/dev/null; then
        docker ps -q | xargs -r docker kill >/dev/null
        docker network prune --force >/dev/null
        kill "$engine"
        wait "$engine"
    fi
    awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
    [ -z "$own_policy" ] || rm -f "$policy"
    [ -n "$had_key" ] || rm -f /etc/docker/key.json
    rmdir /etc/docker 2>/dev/null
    rm -rf --one-file-system "$work"
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start_engine() {
    install dockerd docker.io
    # The client that came with the engine (another may lack what builds), and none of the
    # user's settings.
    local directory client
    directory=$(dirname "$(command -v dockerd)")
    mkdir -p "$work/bin" "$work/config"
    for client in "$directory/docker" "${directory%sbin}bin/docker"; do
        [ ! -x "$client" ] || ln -sf "$client" "$work/bin/docker"
    done
    export PATH=$work/bin:$PATH DOCKER_HOST=unix://$work/docker.sock DOCKER_CONFIG=$work/config DOCKER_BUILDKIT=1
    unset DOCKER_CONTEXT
    # Nor those of this machine's own engine; and images are kept under the data-root, not by a
    # containerd that serves others, too.
    echo '{"features": {"containerd-snapshotter": false}}' >"$work/daemon.json"
    dockerd --config-file "$work/daemon.json" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" \
        --host "$DOCKER_HOST" --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
        >"$work/dockerd.log" 2>&1 &
    engine=$!
    local deadline=$((SECONDS + 60))
    until docker version >/dev/null 2>&1; do
        kill -0 "$engine" 2>/dev/null || { tail -5 "$work/dockerd.log" >&2; die "no engine can start here (above is why); CHECK_IMAGES=0 leaves the images out"; }
        [ $SECONDS -lt $deadline ] || { tail -5 "$work/dockerd.log" >&2; die "the engine does not answer after a minute"; }
        sleep 0.2
    done
    say "engine $(docker version --format '{{.Server.Version}}') runs"
}

provide_base_images() {
    local other
    other=$(sed -n 's/^ARG RUST_IMAGE=//p' .devcontainer/Dockerfile)
    [ "$rust_image" = "$other" ] || die "the services are built on $rust_image, the development container on $other"
    if timeout 600 docker pull -q "$rust_image" >"$work/pull.log" 2>&1 && timeout 300 docker pull -q "$base_image" >>"$work/pull.log" 2>&1; then
        say "base images: pulled $rust_image and $base_image"
        pulled=yes
        return
    fi
    say "base images: stand-ins, since they cannot be pulled: $(tail -1 "$work/pull.log")"
    install debootstrap debootstrap
    mkdir "$work/stand-ins"
    docker/stand-ins.sh "$rust_image" "$base_image" "$work/stand-ins"
    rm -rf "$work/stand-ins"
}

# Runs a build quietly, and prints the last line of its output. What it said is shown only if
# it failed.
built() { # COMMAND...
    local log
    log=$(mktemp -p "$work")
    "$@" 2>"$log" | tail -1 || { tail -60 "$log" >&2; die "$* failed"; }
}

build_service() { # SERVICE OPTION...
    local service=$1
    shift
    built docker/build.sh "$service" "$version" --network host --build-arg PROFILE="$profile" "$@"
}

inspect() { docker inspect --format "$2" "$1"; }

expect() { # WHAT ACTUAL EXPECTED
    [ "$2" = "$3" ] || die "$1 is '$2', expected '$3'"
}

check_image() { # SERVICE IMAGE
    local label value expected size
    while read -r label expected; do
        value=$(inspect "$2" "{{index .Config.Labels \"org.opencontainers.image.$label\"}}")
        [[ $value =~ ^($expected)$ ]] || die "the image of $1 has the label $label '$value', expected $expected"
    done <<LABELS
title $1
description .+ .+
source (https?://|git@|ssh://|/).+
revision $revision
version $version
created 20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z
licenses MIT OR Apache-2\.0
base.name $base_image
LABELS
    expect "$1's user" "$(inspect "$2" '{{.Config.User}}')" 65532:65532
    expect "$1's stop signal" "$(inspect "$2" '{{.Config.StopSignal}}')" SIGTERM
    size=$(($(inspect "$2" '{{.Size}}') / 1000000))
    [ "$size" -lt "${most_megabytes[$profile]}" ] ||
        die "the image of $1 has $size MB, expected less than ${most_megabytes[$profile]}"
    if docker run --rm --network none --entrypoint /bin/sh "$2" -c true >/dev/null 2>&1; then
        die "the image of $1 has a shell"
    fi
    echo "$1: $size MB"
}

wait_for() { # WHAT CONTAINER COMMAND...
    local what=$1 container=$2 deadline=$((SECONDS + 120))
    shift 2
    until "$@" >/dev/null 2>&1; do
        expect "$container, waiting until it is $what" "$(inspect "$container" '{{.State.Status}}')" running
        [ $SECONDS -lt $deadline ] || { docker logs --tail 20 "$container" >&2; die "$container is not $what after two minutes"; }
        sleep 0.5
    done
    echo "$container: $what"
}

# A port that nobody listens on, below those that outgoing connections take.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}

is_healthy() { [ "$(inspect "$1" '{{.State.Health.Status}}')" = healthy ]; }

get() { curl --silent --fail --max-time 5 "http://127.0.0.1:$1/$2"; }

# Whether a counter of a service has begun to count.
counts() { # PORT METRIC
    get "$1" metrics | grep -Eq "^$2(\{[^}]*\})? [0-9.]*[1-9]"
}

compose() {
    SCHEMA_REGISTRY_URL=http://schema-registry:8081$registry_path TRADES_SOURCE=synthetic CANDLE_SECONDS=1 \
        "$tools/docker-compose" --file docker/compose.yaml --profile monitoring "$@"
}

start_pipeline() {
    local parts=()
    if [ -z "$pulled" ]; then
        docker/compose-stand-ins.sh "$rust_image" "$work/compose-stand-ins"
        rm -rf "$work/compose-stand-ins"
        registry_path=/apis/ccompat/v7
        # All but Grafana, for which there is no stand-in.
        parts=("${services[@]}" prometheus)
    fi
    compose up --no-build --detach --wait --wait-timeout 300 "${parts[@]}" >"$work/compose.log" 2>&1 || {
        tail -20 "$work/compose.log" >&2
        compose logs --tail 10 >&2
        die "docker compose up does not give a healthy pipeline"
    }
}

container_of() { # SERVICE
    echo "trades-to-indicators-$1-1"
}

run_hardened() { # OPTION... IMAGE ARGUMENT...
    docker run --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
        --env KAFKA_BOOTSTRAP_SERVERS="$servers" "$@"
}

check_running() { # CONTAINER PORT METRIC...
    local container=$1 port=$2 metric pid
    shift 2
    wait_for ready "$container" get "$port" readyz
    for metric in "$@"; do wait_for "counting $metric" "$container" counts "$port" "$metric"; done
    wait_for healthy "$container" is_healthy "$container"
    pid=$(inspect "$container" '{{.State.Pid}}')
    expect "$container's user and group" "$(awk '/^[UG]id:/ { print $2 }' "/proc/$pid/status" | paste -sd:)" 65532:65532
    expect "$container's capabilities" "$(awk '/^Cap(Eff|Bnd):/ { print $2 }' "/proc/$pid/status" | sort -u)" 0000000000000000
    expect "$container's root is read-only" "$(inspect "$container" '{{.HostConfig.ReadonlyRootfs}}')" true
}

check_stopping() { # CONTAINER
    local began=$SECONDS
    docker stop --time 30 "$1" >/dev/null
    expect "$1's exit code after SIGTERM" "$(inspect "$1" '{{.State.ExitCode}}')" 0
    [ $((SECONDS - began)) -le 10 ] || die "$1 took $((SECONDS - began)) s to end"
    echo "$1: ended cleanly after $((SECONDS - began)) s"
    docker rm "$1" >/dev/null
}

# A message that is no trade becomes a dead letter, which pipeline-admin lists from the same image.
check_admin() { # IMAGE
    local letters deadline=$((SECONDS + 60))
    docker run --rm --interactive --network host development kcat -P -b "$servers" -t trades <<<"no trade"
    until letters=$(run_hardened --rm --entrypoint /usr/local/bin/pipeline-admin "$1" dlq list trades) &&
        [[ $letters == *" from trades "*" 8 bytes, candles "* ]]; do
        [ $SECONDS -lt $deadline ] || die "pipeline-admin lists '$letters', expected one letter from candles"
        sleep 0.5
    done
    echo "$letters"
}

# With every pair compared, all differences are of the last bits, if there are any.
check_agreement() { # PORT
    local worst
    worst=$(get "$1" metrics | awk '/^shadow_worst_difference/ && $2 > worst { worst = $2 } END { print worst + 0 }')
    awk -v worst="$worst" 'BEGIN { exit !(worst < 1e-9) }' || die "the worst difference to TA-Lib is $worst"
    echo "technical-indicators: the worst difference to TA-Lib is $worst"
}

# Every query of the dashboard has an answer from Prometheus.
check_dashboard() {
    local query deadline=$((SECONDS + 120))
    # shellcheck disable=SC2016 # these are Grafana's variables
    python3 -c '
import json
for panel in json.load(open("docker/grafana/dashboards/pipeline.json"))["panels"]:
    for target in panel.get("targets", []):
        print(target["expr"].replace("$__rate_interval", "1m").replace("$service", ".*"))
' >"$work/queries"
    while read -r query; do
        until curl --silent --get --data-urlencode "query=$query" http://127.0.0.1:9090/api/v1/query |
            grep -q '"result":\[{'; do
            [ $SECONDS -lt $deadline ] || die "docker/grafana/dashboards/pipeline.json asks $query, which Prometheus cannot answer"
            sleep 1
        done
    done <"$work/queries"
    echo "the dashboard: $(wc -l <"$work/queries") queries answered"
}

install curl curl
tools=$(.ci/install-tools)
start_engine
provide_base_images
export IMAGE_SOURCE=${IMAGE_SOURCE:-$(git remote get-url origin 2>/dev/null || echo https://example.org/source)}

# Mostly downloads and unpacks, while the services compile.
built docker build --network host --tag development --file .devcontainer/Dockerfile . &
development=$!
declare -A images
for service in "${services[@]}"; do
    say "building $service"
    images[$service]=$(build_service "$service")
    check_image "$service" "${images[$service]}"
done
say "building technical-indicators with the TA-Lib C library"
with_talib=$(build_service technical-indicators --build-arg FEATURES=tls,talib)
check_image technical-indicators "$with_talib"

say "docker compose up"
docker tag "${images[trades]}" trades
docker tag "${images[candles]}" candles
docker tag "${images[technical-indicators]}" technical-indicators
start_pipeline
# What compose.yaml gives to programs on this machine.
servers=localhost:9092
check_running "$(container_of trades)" 8090 pipeline_outputs_total
check_running "$(container_of candles)" 8100 pipeline_records_total pipeline_outputs_total
check_running "$(container_of technical-indicators)" 8110 pipeline_records_total pipeline_outputs_total
check_dashboard
check_stopping "$(container_of technical-indicators)"
say "comparing with the TA-Lib C library as it runs"
port=$(free_port)
run_hardened --detach --name shadow --env HTTP_ADDRESS="127.0.0.1:$port" --env SHADOW_SHARE=1 \
    --env SCHEMA_REGISTRY_URL="http://localhost:8081$registry_path" "$with_talib" >/dev/null
check_running shadow "$port" pipeline_records_total shadow_comparisons_total
check_agreement "$port"
say "waiting for the development container"
wait "$development" || die "the development container cannot be built"
development=
expect "its user" "$(inspect development '{{.Config.User}}')" developer
echo "development: $(($(inspect development '{{.Size}}') / 1000000)) MB"
say "looking into the dead letters"
check_admin "${images[candles]}"
for container in shadow "$(container_of candles)" "$(container_of trades)"; do check_stopping "$container"; done
compose down --volumes >/dev/null 2>&1 || die "docker compose down failed"

say "checking the TA-Lib C library in it"
docker run --rm --network host --volume "$PWD:/source:ro" --workdir /source \
    --env CARGO_TARGET_DIR=/tmp/target development bash -euc '
    docker/install-ta-lib.sh
    for tool in kcat kubectl hadolint yamllint shellcheck check-jsonschema; do command -v $tool; done
    cargo fmt --all --check
    cargo test --locked -p ta-lib-sys --features v0_8
'

say "passed"
