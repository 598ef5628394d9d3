#!/usr/bin/env bash
# A real Apache Kafka for tests: one node or several, on free ports of this
# machine, with everything it writes in one directory.
#
#   kafka.sh install                     prints KAFKA_HOME, after downloading it if need be
#   kafka.sh start [OPTIONS] DIR         formats DIR, starts the nodes, waits for them, and
#                                        prints their addresses for KAFKA_BOOTSTRAP_SERVERS
#       --nodes N                        default 1; with 3, two replicas of three must answer
#       --advertise HOST:PORT,...        tell clients these addresses, one a node: proxies
#       --secure USER:PASSWORD           one node, which also listens with TLS: as SASL_SSL for
#                                        this user (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), and as
#                                        SSL for whoever has a certificate. Prints three lines,
#                                        PLAINTEXT, SASL_SSL and SSL, each with its address. DIR/tls
#                                        has ca.pem, client.pem, client.key, and in other/ the same
#                                        from an authority that the node does not know
#       --users NAME,...                 one node, which also listens as SSL for these users, whose
#                                        certificates DIR/tls has (NAME.pem, NAME.key), and lets
#                                        them do what they have been given the right to. Prints two
#                                        lines, PLAINTEXT, where everything is allowed, and SSL
#   kafka.sh kill DIR NODE               SIGKILL to one node, 1 to N
#   kafka.sh restart DIR NODE            starts a killed node on its data, waits for it
#   kafka.sh stop DIR                    ends all nodes, by SIGKILL: the data is for the bin
#
# KAFKA_JVM_OPTIONS may say what the nodes run with, in place of what makes them start fast.
# KAFKA_HOME may name an installation that is there already: the jars in its libs/ are used.
# Without it, Apache Kafka comes from Maven Central into .kafka, which git ignores. A JDK and
# Maven are installed with apt-get where they are missing.
set -euo pipefail

readonly VERSION=4.1.0
root=$(cd "$(dirname "$0")/../../.." && pwd)

say() { printf 'kafka.sh: %s\n' "$*" >&2; }

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

# Prints the directory whose libs/ has the jars.
install() {
    require java openjdk-17-jre-headless
    if [ -n "${KAFKA_HOME:-}" ]; then
        compgen -G "$KAFKA_HOME/libs/kafka_*.jar" >/dev/null ||
            die "KAFKA_HOME is $KAFKA_HOME, which has no libs/kafka_*.jar"
        printf '%s\n' "$KAFKA_HOME"
        return
    fi
    local home=$root/.kafka/$VERSION
    # The last step of an installation, so that an interrupted one is done again.
    if [ ! -e "$home/complete" ]; then
        require mvn maven
        say "downloading Apache Kafka $VERSION"
        mkdir -p "$home"
        cat >"$home/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka</groupId>
  <artifactId>kafka</artifactId>
  <version>$VERSION</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$VERSION</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
POM
        (cd "$home" && mvn -q -B dependency:copy-dependencies \
            -DoutputDirectory=libs -DincludeScope=runtime) >&2 ||
            die "Maven could not download Apache Kafka $VERSION"
        touch "$home/complete"
    fi
    printf '%s\n' "$home"
}

# Sets `port` to one that nobody listens on, below those that outgoing connections take.
taken=" "
free_port() {
    while :; do
        port=$((20000 + RANDOM % 12000))
        [[ $taken == *" $port "* ]] && continue
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
        taken+="$port "
        return
    done
}

java_of() { # DIR
    local options
    read -ra options <<<"${KAFKA_JVM_OPTIONS:--Xms64m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
    printf '%s\n' java "${options[@]}" -Dorg.slf4j.simpleLogger.showDateTime=true \
        '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS' \
        -cp "$(cat "$1/home")/libs/*"
}

# Starts a formatted node, without waiting for it.
launch() { # DIR NODE
    local node=$1/node-$2 java
    mapfile -t java < <(java_of "$1")
    [ ! -e "$node/log" ] || cat "$node/log" >>"$node/log.before"
    setsid "${java[@]}" kafka.Kafka "$node/server.properties" >"$node/log" 2>&1 </dev/null &
    echo $! >"$node/pid"
}

# Waits until a node serves requests.
await() { # DIR NODE
    local node=$1/node-$2 deadline=$((SECONDS + 120))
    until grep -q 'Kafka Server started' "$node/log"; do
        kill -0 "$(cat "$node/pid")" 2>/dev/null || { tail -20 "$node/log" >&2; die "node $2 ended"; }
        [ $SECONDS -lt $deadline ] || { tail -20 "$node/log" >&2; die "node $2 does not start"; }
        sleep 0.2
    done
}

# Makes an authority in DIRECTORY, and certificates of it: the broker's, for 127.0.0.1 alone and
# with the key in one file, as brokers read it; and the clients'.
certify() { # DIRECTORY CLIENT...
    require openssl openssl
    mkdir -p "$1"
    (
        cd "$1"
        shift
        local new=(openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
        "${new[@]}" -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
        for name in broker "$@"; do
            "${new[@]}" -subj "/CN=$name" -keyout "$name.key" -out "$name.request"
            openssl x509 -req -days 2 -in "$name.request" -CA ca.pem -CAkey ca.key -CAcreateserial \
                -extfile <(echo subjectAltName=IP:127.0.0.1) -out "$name.pem"
        done
        cat broker.key >>broker.pem
    ) >"$1/log" 2>&1 || { cat "$1/log" >&2; die "cannot make certificates"; }
}

# What a node's properties have besides, to listen with TLS too.
tls_properties() { # DIR
    cat <<PROPERTIES
ssl.keystore.type=PEM
ssl.keystore.location=$1/tls/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location=$1/tls/ca.pem
listener.name.ssl.ssl.client.auth=required
PROPERTIES
}

# To let in this user by password.
user_properties() { # USER PASSWORD
    local login=org.apache.kafka.common.security
    cat <<PROPERTIES
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=$login.plain.PlainLoginModule required user_$1="$2";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=$login.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=$login.scram.ScramLoginModule required;
PROPERTIES
}

# To ask everybody for their rights, but those who come without TLS.
rights_properties() {
    cat <<PROPERTIES
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
PROPERTIES
}

properties() { # DIR NODE NODES CLIENT INTERNAL CONTROLLER VOTERS ADVERTISED [,MORE_LISTENERS]
    local replicas=$3 in_sync=$(($3 > 1 ? $3 - 1 : 1))
    cat <<PROPERTIES
process.roles=broker,controller
node.id=$2
controller.quorum.voters=$7
listeners=CLIENT://127.0.0.1:$4,INTERNAL://127.0.0.1:$5,CONTROLLER://127.0.0.1:$6${9:-}
advertised.listeners=CLIENT://$8,INTERNAL://127.0.0.1:$5${9:-}
inter.broker.listener.name=INTERNAL
controller.listener.names=CONTROLLER
listener.security.protocol.map=CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL
log.dirs=$1/node-$2/data
auto.create.topics.enable=false
default.replication.factor=$replicas
min.insync.replicas=$in_sync
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$replicas
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$replicas
transaction.state.log.min.isr=$in_sync
# Tests do not want to wait: for members of a group to come or be missed, for transactions
# to time out, for a dead node to be noticed, for what is deleted to free its disk.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
log.segment.delete.delay.ms=1000
PROPERTIES
}

start() {
    local nodes=1 advertise=() user='' rights='' dir
    while [ $# -gt 1 ]; do
        case $1 in
        --nodes) nodes=$2 ;;
        --advertise) IFS=, read -ra advertise <<<"$2" ;;
        --secure) user=$2 ;;
        --users) rights=$2 ;;
        *) usage ;;
        esac
        shift 2
    done
    [ $# -eq 1 ] || usage
    [ -z "$user$rights" ] || [ "$nodes" -eq 1 ] || usage
    [ -z "$user" ] || [ -z "$rights" ] || usage
    mkdir -p "$1"
    dir=$(cd "$1" && pwd)
    [ ! -e "$dir/home" ] || die "$dir is another cluster's"
    install >"$dir/home"

    local client=() internal=() controller=() voters='' node port
    for ((node = 1; node <= nodes; node++)); do
        free_port && client[node]=$port
        free_port && internal[node]=$port
        free_port && controller[node]=$port
        voters+=${voters:+,}$node@127.0.0.1:$port
    done
    local sasl='' tls='' listeners='' users=() mechanism
    if [ -n "$user" ]; then
        free_port && sasl=127.0.0.1:$port
        free_port && tls=127.0.0.1:$port
        listeners=,SASL_SSL://$sasl,SSL://$tls
        certify "$dir/tls" client
        certify "$dir/tls/other" client
        for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
            users+=(--add-scram "$mechanism=[name=${user%%:*},password=${user#*:}]")
        done
    elif [ -n "$rights" ]; then
        free_port && tls=127.0.0.1:$port
        listeners=,SSL://$tls
        IFS=, read -ra users <<<"$rights"
        certify "$dir/tls" "${users[@]}"
        users=()
    fi
    local java formatting=() servers=''
    mapfile -t java < <(java_of "$dir")
    for ((node = 1; node <= nodes; node++)); do
        local address=127.0.0.1:${client[node]} file=$dir/node-$node/server.properties
        mkdir "$dir/node-$node"
        properties "$dir" $node "$nodes" "${client[node]}" "${internal[node]}" \
            "${controller[node]}" "$voters" "${advertise[node - 1]:-$address}" "$listeners" >"$file"
        [ -z "$tls" ] || tls_properties "$dir" >>"$file"
        [ -z "$user" ] || user_properties "${user%%:*}" "${user#*:}" >>"$file"
        [ -z "$rights" ] || rights_properties >>"$file"
        "${java[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c "$file" \
            "${users[@]}" >"$dir/node-$node/format.log" 2>&1 &
        formatting[node]=$!
        servers+=${servers:+,}$address
    done
    for ((node = 1; node <= nodes; node++)); do
        wait "${formatting[node]}" || { cat "$dir/node-$node/format.log" >&2; die "cannot format"; }
        launch "$dir" $node
    done
    for ((node = 1; node <= nodes; node++)); do
        await "$dir" $node
    done
    [ -z "$tls" ] || servers="PLAINTEXT $servers"
    [ -z "$sasl" ] || servers+=$'\n'"SASL_SSL $sasl"
    [ -z "$tls" ] || servers+=$'\n'"SSL $tls"
    printf '%s\n' "$servers"
}

# Ends a node and returns when it is gone.
kill_node() { # NODE_DIRECTORY
    local pid
    pid=$(cat "$1/pid")
    kill -KILL "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

case ${1:-} in
install) [ $# -eq 1 ] || usage; install ;;
start) shift && start "$@" ;;
kill) [ $# -eq 3 ] || usage; kill_node "$2/node-$3" ;;
restart) [ $# -eq 3 ] || usage; launch "$2" "$3" && await "$2" "$3" ;;
stop)
    [ $# -eq 2 ] || usage
    for node in "$2"/node-*; do [ ! -e "$node/pid" ] || kill_node "$node"; done
    ;;
*) usage ;;
esac
