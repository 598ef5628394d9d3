#!/usr/bin/env bash
# Runs pipeline-admin in the cluster and namespace that kubectl points to, with the
# services' image and the rights of its own Kafka user:
#
#   deployments/pipeline-admin.sh dlq list trades
#
# Prints what it said when it has ended, and fails if it did. The job is made from
# the suspended CronJob `pipeline-admin`, and is removed afterwards.
set -euo pipefail

[ $# -gt 0 ] || { sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "$0" >&2; exit 2; }

arguments=
for argument; do
    argument=${argument//\\/\\\\}
    arguments+=${arguments:+, }\"${argument//\"/\\\"}\"
done
job=pipeline-admin-$(date +%s)
trap 'kubectl delete job "$job" --ignore-not-found --wait=false >/dev/null' EXIT
trap 'exit 130' INT TERM

kubectl create job "$job" --from cronjob/pipeline-admin --dry-run=client -o json |
    kubectl patch --local --filename - --type json -o json --patch \
        "[{\"op\": \"replace\", \"path\": \"/spec/template/spec/containers/0/args\", \"value\": [$arguments]}]" |
    kubectl create --filename - >/dev/null

# It is tried once: it completes, or it fails.
ended=
until [ -n "$ended" ]; do
    sleep 1
    ended=$(kubectl get job "$job" -o jsonpath='{.status.conditions[?(@.status=="True")].type}' |
        tr ' ' '\n' | grep -xE 'Complete|Failed' || true)
done
kubectl logs "job/$job"
[ "$ended" = Complete ]
