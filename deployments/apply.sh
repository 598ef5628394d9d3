#!/usr/bin/env bash
# Applies an overlay, unless it has images that no release has pinned: their pods could
# not start, and would take the place of those that run.
#
#   deployments/apply.sh OVERLAY [OPTION of kubectl apply ...]
#
#   deployments/apply.sh deployments/prod
#   deployments/apply.sh deployments/prod -l app.kubernetes.io/name=candles
set -euo pipefail

[ $# -gt 0 ] || { sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "$0" >&2; exit 2; }
overlay=$1
shift

manifests=$(kubectl kustomize "$overlay")
# The zeros that stand in an overlay until the digests of a release do.
unpinned=$(sed -nE 's/.* ([^ ]+)@sha256:0{64}$/\1/p' <<<"$manifests" | sort -u | paste -sd' ')
if [ -n "$unpinned" ]; then
    printf 'apply.sh: error: %s has no digest of a release for %s\n' "$overlay" "$unpinned" >&2
    exit 1
fi
kubectl apply "$@" --filename - <<<"$manifests"
