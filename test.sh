#!/usr/bin/env bash
# Installs what the tests need and runs them all: ./test.sh [cargo test's options]
#
# Needs Rust, and on Debian or Ubuntu nothing else: what is missing of a C and
# C++ compiler, make, pkg-config, OpenSSL and pip is installed with apt-get. The TA-Lib C
# library, which the indicators are compared with, goes into .ta-lib, unless
# TA_LIB_DIR names one. The Kafka tests run on an embedded broker, or on the
# cluster that KAFKA_BOOTSTRAP_SERVERS names. kubectl, which renders the manifests
# for their tests, goes into target/tools.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v c++ >/dev/null || missing+=(g++)
command -v make >/dev/null || missing+=(make)
command -v pkg-config >/dev/null || missing+=(pkg-config)
pkg-config --exists libssl 2>/dev/null || missing+=(libssl-dev)
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ ${#missing[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "test.sh: please install: ${missing[*]}" >&2
        exit 1
    fi
    run=()
    [ "$(id -u)" -eq 0 ] || run=(sudo)
    "${run[@]}" apt-get update -q
    "${run[@]}" apt-get install -qy --no-install-recommends "${missing[@]}"
fi

if [ -z "${TA_LIB_DIR:-}" ]; then
    docker/install-ta-lib.sh --prefix "$PWD/.ta-lib"
    export TA_LIB_DIR=$PWD/.ta-lib
fi
# For the programs that tests start, which cargo does not see to.
export LD_LIBRARY_PATH=$TA_LIB_DIR/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

.ci/install-tools >/dev/null

features=indicators/cli,indicators/talib-v0_8,standalone/talib
features+=,technical-indicators/talib,candles/tls
exec cargo test --locked --workspace --features "$features" "$@"
