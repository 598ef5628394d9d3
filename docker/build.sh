#!/usr/bin/env bash
# Builds the image of one service, tags it VERSION.BUILD_DATE, and prints its digest:
#
#   build.sh SERVICE VERSION [OPTION of docker build ...]
#
#   docker/build.sh trades 0.1.0
#   docker/build.sh technical-indicators 0.1.0 --build-arg FEATURES=tls,talib
#   PUSH=1 IMAGE_PREFIX=ghcr.io/owner/ docker/build.sh trades 0.1.0
#
# IMAGE_PREFIX comes before the service's name; PUSH=1 pushes the image, and what is
# printed is then the digest by which the registry knows it, otherwise the engine's.
# IMAGE_SOURCE is where the sources are, by default git's remote `origin`.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
    printf 'build.sh: error: %s\n' "$*" >&2
    exit 1
}

[ $# -ge 2 ] || { sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' docker/build.sh >&2; exit 2; }
service=$1 version=$2
shift 2

description=$(sed -n "/DESCRIPTIONS/,/^}/s/^ *$service  *= \"\(.*\)\"$/\1/p" docker/docker-bake.hcl)
[ -n "$description" ] || die "no service '$service': expected trades, candles or technical-indicators"
[[ $version =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]*$ ]] || die "'$version' is no version: expected letters, digits, '.', '_' and '-'"

source=${IMAGE_SOURCE:-$(git remote get-url origin 2>/dev/null || true)}
# Everybody can read a label: not whoever logs in there.
source=$(sed -E 's|^([a-z+]+://)[^/@]*@|\1|' <<<"$source")
revision=$(git describe --always --abbrev=40 --dirty --exclude="*" 2>/dev/null) || die "this is no git repository: the image could not say what it was built from"
created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
image=${IMAGE_PREFIX:-}$service:$version.$(date -u -d "$created" +%Y%m%dT%H%M%SZ)

DOCKER_BUILDKIT=1 docker build --file docker/Dockerfile --tag "$image" \
    --build-arg SERVICE="$service" --build-arg DESCRIPTION="$description" \
    --build-arg SOURCE="$source" --build-arg REVISION="$revision" \
    --build-arg VERSION="$version" --build-arg CREATED="$created" "$@" . >&2

if [ -n "${PUSH:-}" ]; then
    docker push "$image" >&2
    digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" |
        sed -n "s|^${image%:*}@||p")
else
    digest=$(docker image inspect --format '{{.Id}}' "$image")
fi
[ -n "$digest" ] || die "no digest of $image is known after the push: IMAGE_PREFIX is to name a registry as docker does"
printf 'build.sh: %s\n' "$image" >&2
printf '%s\n' "$digest"
