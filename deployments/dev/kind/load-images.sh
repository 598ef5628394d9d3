#!/usr/bin/env bash
# Builds the image of every service, or of those that are named, from this work
# tree, tags it `dev` and loads it into the kind cluster.
set -euo pipefail
cd "$(dirname "$0")/../../.."

services=("$@")
[ ${#services[@]} -gt 0 ] || services=(trades candles technical-indicators)

for service in "${services[@]}"; do
    docker build --file docker/Dockerfile --build-arg "SERVICE=$service" --tag "$service:dev" .
    kind load docker-image "$service:dev" --name pipeline
done
