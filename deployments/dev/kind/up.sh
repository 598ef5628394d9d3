#!/usr/bin/env bash
# The whole pipeline on this machine: a kind cluster, Strimzi, Kafka with its UI,
# and the three services from images built here. Needs docker, kind, kubectl and
# curl. Run it again after a change: what is there already stays, images are built
# and loaded anew. Ends with `kind delete cluster --name pipeline`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Each has its own list of Kafka versions: kafka/cluster.yaml names one of them.
strimzi=1.2.0
cluster=pipeline
namespace=pipeline

for program in docker kind kubectl curl; do
    command -v "$program" >/dev/null || { echo "up.sh: please install $program" >&2; exit 1; }
done

if ! kind get clusters | grep -qx "$cluster"; then
    kind create cluster --config kind/cluster.yaml --wait 2m
fi
kubectl() { command kubectl --context "kind-$cluster" "$@"; }

# Strimzi's own manifest, with the namespace that it is to watch.
kubectl apply --filename <(kubectl kustomize ../base/namespace)
curl --fail --silent --show-error --location \
    "https://github.com/strimzi/strimzi-kafka-operator/releases/download/$strimzi/strimzi-cluster-operator-$strimzi.yaml" |
    sed "s/namespace: myproject/namespace: $namespace/" |
    kubectl apply --server-side --force-conflicts --namespace "$namespace" --filename -
kubectl --namespace "$namespace" rollout status deployment/strimzi-cluster-operator --timeout 5m

kubectl apply --kustomize kafka
kubectl --namespace "$namespace" wait kafka/pipeline --for condition=Ready --timeout 10m
kubectl --namespace "$namespace" wait kafkatopic,kafkauser --all --for condition=Ready --timeout 5m
kubectl apply --kustomize kafka-ui
kubectl --namespace "$namespace" wait kafkauser/kafka-ui --for condition=Ready --timeout 5m

kind/load-images.sh
kubectl apply --kustomize .
# The tag is always `dev`: only a restart takes a new image.
kubectl --namespace "$namespace" rollout restart deployment/trades \
    statefulset/candles statefulset/technical-indicators
for workload in deployment/trades statefulset/candles statefulset/technical-indicators \
    deployment/kafka-ui; do
    kubectl --namespace "$namespace" rollout status "$workload" --timeout 5m
done
echo "up.sh: running; the Kafka UI is at http://localhost:8080"
