//! Each check finds what it is for: the production manifests, with one thing
//! broken, give a complaint that names it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use deployment_check::{compose, environment, names, numbers, pods, render, settings, topics};
use serde_json::{Value, json};
use std::sync::OnceLock;
use support::*;

fn kafka() -> Vec<Value> {
    static KAFKA: OnceLock<Vec<Value>> = OnceLock::new();
    KAFKA.get_or_init(|| render::kustomize("kafka").unwrap()).clone()
}

#[test]
fn a_selector_that_matches_no_pod() {
    let name = "app.kubernetes.io~1name";
    for (title, pointer) in [
        ("StatefulSet candles", format!("/spec/selector/matchLabels/{name}")),
        ("Service candles", format!("/spec/selector/{name}")),
        ("PodDisruptionBudget candles", format!("/spec/selector/matchLabels/{name}")),
        ("NetworkPolicy trades-to-the-exchange", format!("/spec/podSelector/matchLabels/{name}")),
        (
            "StatefulSet candles",
            format!(
                "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels/{name}"
            ),
        ),
    ] {
        let breaks = [(title, pointer.as_str(), json!("candle"))];
        expect(prod(), names::check_selectors, &breaks, &[title, "\"candle\""]);
    }
}

#[test]
fn a_port_that_no_container_has() {
    for (title, pointer, port) in [
        ("Service candles", "/spec/ports/0/targetPort", json!("metrics")),
        ("NetworkPolicy services", "/spec/ingress/0/ports/0/port", json!("metrics")),
        (
            "Deployment trades",
            "/spec/template/spec/containers/0/readinessProbe/httpGet/port",
            json!(80),
        ),
        (
            "Deployment trades",
            "/spec/template/metadata/annotations/prometheus.io~1port",
            json!("9090"),
        ),
    ] {
        let port_text = port.to_string().replace('"', "");
        expect(prod(), names::check_ports, &[(title, pointer, port)], &[title, &port_text]);
    }
    let elsewhere = [("ConfigMap trades", "/data/HTTP_ADDRESS", json!("0.0.0.0:9090"))];
    expect(prod(), names::check_ports, &elsewhere, &["Deployment trades", "9090"]);
}

#[test]
fn a_reference_to_what_is_not_there() {
    let check = |documents: &[Value]| names::check_references(documents, &kafka());
    let secret = "/spec/template/spec/volumes/0/projected/sources/1/secret/name";
    let servers = "/spec/triggers/0/metadata/bootstrapServers";
    for (title, pointer, name) in [
        ("StatefulSet candles", "/spec/serviceName", "candle"),
        ("StatefulSet candles", secret, "candle"),
        ("ScaledObject candles", "/spec/scaleTargetRef/name", "candle"),
        ("ScaledObject candles", "/spec/scaleTargetRef/kind", "Deployment"),
        ("ScaledObject candles", "/spec/triggers/0/authenticationRef/name", "lag"),
        ("ScaledObject candles", servers, "pipeline-kafka-bootstrap.elsewhere.svc:9093"),
        ("TriggerAuthentication kafka-lag", "/spec/secretTargetRef/1/name", "scaler"),
    ] {
        expect(prod(), check, &[(title, pointer, json!(name))], &[title, "there is no"]);
    }
    let plain = json!("pipeline-kafka-bootstrap:9092");
    let breaks = [("ConfigMap kafka-client", "/data/KAFKA_BOOTSTRAP_SERVERS", plain)];
    expect(prod(), check, &breaks, &["StatefulSet candles", "9092"]);
}

#[test]
fn more_replicas_at_least_than_at_most() {
    let breaks = [("ScaledObject candles", "/spec/minReplicaCount", json!(13))];
    expect(prod(), numbers::check_replicas, &breaks, &["ScaledObject candles", "13 at least"]);
    let breaks = [("ScaledObject candles", "/spec/fallback/replicas", json!(20))];
    expect(prod(), numbers::check_replicas, &breaks, &["ScaledObject candles", "20"]);
    let breaks = [("StatefulSet candles", "/spec/replicas", json!(3))];
    expect(prod(), numbers::check_replicas, &breaks, &["StatefulSet candles", "fixed"]);
    let breaks = [("PodDisruptionBudget candles", "/spec/maxUnavailable", json!(0))];
    expect(prod(), numbers::check_replicas, &breaks, &["PodDisruptionBudget candles"]);
    let scaler = json!({
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "candles"},
        "spec": {"minReplicas": 3, "maxReplicas": 2},
    });
    let complaints = numbers::check_replicas(&[scaler]);
    assert_eq!(complaints, ["HorizontalPodAutoscaler candles: 3 at least, 2 at most"]);
}

#[test]
fn a_quantity_that_is_none() {
    for (pointer, value, words) in [
        ("requests/memory", "256MB", "'256MB' is no quantity"),
        ("requests/cpu", "half", "'half' is no quantity"),
        ("limits/memory", "1 Gi", "'1 Gi' is no quantity"),
        ("requests/memory", "2Gi", "over its limit 1Gi"),
    ] {
        let pointer = format!("{CONTAINER}/resources/{pointer}");
        let breaks = [("Deployment trades", pointer.as_str(), json!(value))];
        expect(prod(), numbers::check_quantities, &breaks, &["Deployment trades", words]);
    }
    let breaks = [("KafkaNodePool brokers", "/spec/storage/volumes/0/size", json!("big"))];
    expect(kafka(), numbers::check_quantities, &breaks, &["KafkaNodePool brokers", "'big'"]);
}

#[test]
fn quantities_have_the_values_that_kubernetes_gives_them() {
    for (text, value) in [
        ("1", 1.0),
        ("250m", 0.25),
        ("1.5Gi", 1.5 * 1024.0 * 1024.0 * 1024.0),
        ("64Mi", 67_108_864.0),
        ("2k", 2000.0),
        ("2e3", 2000.0),
        ("5E", 5e18),
    ] {
        assert_eq!(numbers::quantity(text), Some(value), "{text}");
    }
    for text in ["", "Mi", "1MB", "1.2.3", "-", "1 Gi", "one"] {
        assert_eq!(numbers::quantity(text), None, "{text}");
    }
}

#[test]
fn a_pod_that_is_killed_in_a_transaction() {
    let pointer = "/spec/template/spec/terminationGracePeriodSeconds";
    let breaks = [("Deployment trades", pointer, json!(10))];
    expect(prod(), numbers::check_grace, &breaks, &["Deployment trades", "10000 ms"]);
    let longer = [("ConfigMap candles", "/data/KAFKA_TRANSACTION_TIMEOUT_MS", json!("60000"))];
    expect(prod(), numbers::check_grace, &longer, &["StatefulSet candles", "60000"]);
}

#[test]
fn an_autoscaler_that_is_not_for_its_service() {
    let check = |documents: &[Value]| numbers::check_scaling(documents, &kafka());
    for (pointer, value) in [
        ("/spec/maxReplicaCount", json!(13)),
        ("/spec/triggers/0/metadata/topic", json!("candles")),
        ("/spec/triggers/0/metadata/consumerGroup", json!("candle")),
        ("/spec/scaleTargetRef/name", json!("candle")),
    ] {
        expect(
            prod(),
            check,
            &[("ScaledObject candles", pointer, value)],
            &["ScaledObject candles"],
        );
    }
}

#[test]
fn a_variable_that_no_service_reads() {
    let breaks = [("ConfigMap candles", "/data/CANDLE_SECOND", json!("60"))];
    expect(
        prod(),
        environment::check,
        &breaks,
        &["StatefulSet candles", "CANDLE_SECOND is not read"],
    );
    // Another service's is no better.
    let breaks = [("ConfigMap trades", "/data/CANDLE_SECONDS", json!("60"))];
    expect(prod(), environment::check, &breaks, &["Deployment trades", "CANDLE_SECONDS"]);
    let pointer = format!("{CONTAINER}/env/0/name");
    let breaks = [("StatefulSet candles", pointer.as_str(), json!("INSTANCE_ID"))];
    expect(
        prod(),
        environment::check,
        &breaks,
        &["StatefulSet candles", "INSTANCE_ID is not read"],
    );
}

#[test]
fn a_required_variable_that_is_not_set() {
    let pointer = format!("{CONTAINER}/envFrom/0");
    let without = json!({"configMapRef": {"name": "nothing"}});
    let breaks = [("Deployment trades", pointer.as_str(), without)];
    expect(prod(), environment::check, &breaks, &["Deployment trades", "ConfigMap 'nothing'"]);
    let mut documents = prod();
    for document in &mut documents {
        if let Some(data) = document["data"].as_object_mut() {
            data.remove("KAFKA_BOOTSTRAP_SERVERS");
        }
    }
    let complaints = environment::check(&documents);
    let words = "KAFKA_BOOTSTRAP_SERVERS is required by candles, and not set";
    assert!(complaints.iter().any(|line| line.contains(words)), "{complaints:?}");
}

#[test]
fn a_value_that_the_service_refuses() {
    for (map, variable, value, words) in [
        ("ConfigMap candles", "CANDLE_SECONDS", "1m", "'1m'"),
        ("ConfigMap candles", "KAFKA_SESSION_TIMEOUT_MS", "30", "KAFKA_SESSION_TIMEOUT_MS"),
        ("ConfigMap trades", "TRADES_SOURCE", "binance", "'binance'"),
        ("ConfigMap trades", "PAIRS", "BTCUSD", "'BTCUSD'"),
    ] {
        let pointer = format!("/data/{variable}");
        let breaks = [(map, pointer.as_str(), json!(value))];
        expect(prod(), environment::check, &breaks, &["would not start", words]);
    }
    // A source that needs what is not there.
    let breaks = [("ConfigMap trades", "/data/TRADES_SOURCE", json!("replay"))];
    expect(prod(), environment::check, &breaks, &["would not start", "TRADES_FILE"]);
}

#[test]
fn a_list_of_settings_with_gaps() {
    let example = std::fs::read_to_string(render::root().join(".env.example")).unwrap();
    let complaint = |example: &str| settings::check(example).join("\n");
    assert_eq!(complaint(&example), "");
    assert!(complaint(&example.replace("#SPEED=", "#PACE=")).contains("SPEED is read by trades"));
    assert!(complaint(&example.replace("#SPEED=", "#PACE=")).contains("PACE is listed"));
    assert!(complaint(&example.replace("#SPEED=1x", "#SPEED=2x")).contains("SPEED shows '2x'"));
    assert!(complaint(&format!("{example}\n#SPEED=1x")).contains("SPEED is listed twice"));
}

#[test]
fn a_pod_that_may_do_too_much() {
    let pod = "/spec/template/spec";
    for (pointer, value, words) in [
        (format!("{pod}/automountServiceAccountToken"), json!(true), "token"),
        (format!("{pod}/securityContext/runAsNonRoot"), json!(false), "runAsNonRoot"),
        (format!("{pod}/securityContext/runAsUser"), json!(0), "not root"),
        (format!("{pod}/securityContext/seccompProfile/type"), json!("Unconfined"), "seccomp"),
        (format!("{CONTAINER}/securityContext/readOnlyRootFilesystem"), json!(false), "read-only"),
        (
            format!("{CONTAINER}/securityContext/allowPrivilegeEscalation"),
            json!(true),
            "escalation",
        ),
        (
            format!("{CONTAINER}/securityContext/capabilities/drop/0"),
            json!("CHOWN"),
            "capabilities",
        ),
        (format!("{CONTAINER}/resources/limits"), json!({}), "memory"),
        (format!("{CONTAINER}/livenessProbe/httpGet/path"), json!("/health"), "/healthz"),
        (format!("{CONTAINER}/readinessProbe/httpGet/path"), json!("/healthz"), "/readyz"),
    ] {
        let breaks = [("Deployment trades", pointer.as_str(), value)];
        expect(prod(), pods::check, &breaks, &["Deployment trades", words]);
    }
}

#[test]
fn topics_that_the_services_would_refuse() {
    let policy = "/spec/config/cleanup.policy";
    for (title, pointer, value) in [
        ("KafkaTopic candles-changelog", "/spec/partitions", json!(4)),
        ("KafkaTopic trades-changelog", "/spec/partitions", json!(12)),
        ("KafkaTopic trades.dlq.redriven", "/spec/partitions", json!(1)),
        ("KafkaTopic candles-changelog", policy, json!("compact,delete")),
        ("KafkaTopic candles-changelog", "/spec/config/retention.ms", json!(1)),
        ("KafkaTopic trades", policy, json!("compact")),
        ("KafkaTopic trades", "/spec/replicas", json!(4)),
    ] {
        expect(kafka(), topics::check, &[(title, pointer, value)], &[title]);
    }
    // The input's partitions count, not a number that stands somewhere.
    let breaks = [("KafkaTopic trades", "/spec/partitions", json!(24))];
    expect(kafka(), topics::check, &breaks, &["KafkaTopic candles-changelog", "24"]);
    let breaks = [("KafkaTopic trades.dlq", "/metadata/name", json!("trades-dlq"))];
    expect(kafka(), topics::check, &breaks, &["no KafkaTopic trades.dlq"]);
    expect(kafka(), topics::check, &breaks, &["KafkaTopic trades-dlq", "no service"]);
    let breaks = [("Kafka pipeline", "/spec/kafka/config/min.insync.replicas", json!(4))];
    expect(kafka(), topics::check, &breaks, &["Kafka pipeline", "min.insync.replicas"]);
}

#[test]
fn rights_that_are_too_few_or_too_many() {
    let first = "/spec/authorization/acls/0";
    for (pointer, value, words) in [
        (
            format!("{first}/operations"),
            json!(["Describe", "DescribeConfigs"]),
            "may not [\"Read\"]",
        ),
        (
            format!("{first}/operations"),
            json!(["Describe", "DescribeConfigs", "Read", "Alter"]),
            "need not [\"Alter\"]",
        ),
        (format!("{first}/resource/name"), json!("*"), "need not"),
        (format!("{first}/resource/patternType"), json!("prefix"), "may not"),
    ] {
        let breaks = [("KafkaUser candles", pointer.as_str(), value)];
        expect(kafka(), topics::check_users, &breaks, &["KafkaUser candles", words]);
    }
    // The output: whose settings are asked for, too.
    let output = "/spec/authorization/acls/1/operations";
    let breaks = [("KafkaUser candles", output, json!(["Describe", "Write"]))];
    let words = ["KafkaUser candles", "may not [\"DescribeConfigs\"]"];
    expect(kafka(), topics::check_users, &breaks, &words);
    let topic = "/spec/authorization/acls/0/resource/name";
    let breaks = [("KafkaUser keda", topic, json!("trade"))];
    expect(kafka(), topics::check_users, &breaks, &["KafkaUser keda", "no KafkaTopic trade"]);
}

#[test]
fn a_compose_file_with_mistakes() {
    let good = json!({"services": {
        "kafka": {"image": "apache/kafka:4.1.1"},
        "candles": {
            "image": "candles:dev",
            "build": {"args": {"SERVICE": "candles"}},
            "environment": {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "CANDLE_SECONDS": "60"},
        },
    }});
    assert_eq!(compose::check(&good), Vec::<String>::new());
    for (pointer, value, words) in [
        ("/services/kafka/image", json!("apache/kafka"), "expected a version"),
        ("/services/candles/image", json!("candle:dev"), "belongs to no service"),
        ("/services/candles/image", json!("trades:dev"), "runs the image of trades"),
        ("/services/candles/build/args/SERVICE", json!("trades"), "SERVICE"),
        ("/services/candles/environment", json!({}), "KAFKA_BOOTSTRAP_SERVERS is required"),
        ("/services/candles/environment/CANDLES", json!("60"), "CANDLES is not read"),
        ("/services/candles/environment/CANDLE_SECONDS", json!("a"), "would not start"),
    ] {
        let mut broken = good.clone();
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        broken.pointer_mut(parent).unwrap()[last] = value;
        let complaints = compose::check(&broken);
        assert!(complaints.iter().any(|line| line.contains(words)), "{pointer}: {complaints:?}");
    }
}
