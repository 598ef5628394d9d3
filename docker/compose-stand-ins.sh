#!/usr/bin/env bash
# Makes local images under the names of those in compose.yaml that are not built from this
# repository, where they cannot be pulled:
#
#   compose-stand-ins.sh DEBIAN_IMAGE DIR
#
# They hold the same programs, or as good as: Apache Kafka from Maven Central, which reads
# its settings as the real image does, with kcat in place of the script that looks for life;
# Apicurio Registry, which speaks Confluent's API below /apis/ccompat/v7 and answers
# elsewhere, too; Debian's Prometheus. Grafana there is none. DEBIAN_IMAGE has apt-get; DIR
# is scratch space.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# -eq 2 ] || { sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p;}' "$0" >&2; exit 2; }
readonly debian=$1 work=$2

image_of() { # NAME
    sed -n "s|^ *image: \($1:.*\)|\1|p" docker/compose.yaml
}

kafka=$(services/pipeline/tests/kafka.sh install)
registry=$(services/pipeline/tests/registry.sh install)
mkdir -p "$work"
cp -r --link "$kafka/libs" "$work/kafka" 2>/dev/null || cp -r "$kafka/libs" "$work/kafka"
cp -r --link "$registry" "$work/registry" 2>/dev/null || cp -r "$registry" "$work/registry"

cat >"$work/Dockerfile" <<DOCKERFILE
FROM $debian AS programs
RUN mkdir -p /usr/share/man/man1 && apt-get update -q && apt-get install -qy --no-install-recommends \
    curl kcat openjdk-17-jre-headless prometheus wget

FROM programs AS kafka
COPY kafka /opt/kafka/libs
COPY --chmod=755 run-kafka /opt/kafka/run
COPY --chmod=755 look-for-life /opt/kafka/bin/kafka-broker-api-versions.sh
RUN useradd appuser && mkdir -p /etc/kafka/docker /opt/kafka/config /var/lib/kafka/data && \
    touch /etc/kafka/docker/server.properties && \
    printf 'Configuration:\n  Loggers:\n    Root:\n      level: INFO\n' | \
        tee /etc/kafka/docker/log4j2.yaml >/etc/kafka/docker/tools-log4j2.yaml && \
    chown -R appuser /opt/kafka/config /var/lib/kafka
USER appuser
ENV CLUSTER_ID=5L6g3nShT-eMCtK--X86sw
VOLUME /var/lib/kafka/data
ENTRYPOINT ["/opt/kafka/run"]

FROM programs AS registry
COPY registry /opt/registry
WORKDIR /tmp
ENV QUARKUS_HTTP_PORT=8081
ENV APICURIO_REDIRECTS_ROOT=/subjects,/apis/ccompat/v7/subjects
ENTRYPOINT ["sh", "-c", "exec java -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar /opt/registry/*-runner.jar"]

FROM programs AS prometheus
RUN mkdir /prometheus && chown nobody /prometheus
USER nobody
ENTRYPOINT ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
DOCKERFILE
cat >"$work/run-kafka" <<'RUN'
#!/bin/sh
set -e
java -cp "/opt/kafka/libs/*" kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
    --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "/opt/kafka/libs/*" \
    kafka.Kafka /opt/kafka/config/server.properties
RUN
cat >"$work/look-for-life" <<'LOOK'
#!/bin/sh
# --bootstrap-server ADDRESS
exec kcat -L -b "$2" -m 5
LOOK

build() { # TARGET IMAGE
    docker build --quiet --network host --target "$1" --tag "$2" "$work" >/dev/null
    printf 'compose-stand-ins: %s\n' "$2"
}

build kafka "$(image_of apache/kafka)"
build registry "$(image_of confluentinc/cp-schema-registry)"
build prometheus "$(image_of prom/prometheus)"
