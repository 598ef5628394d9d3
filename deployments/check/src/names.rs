//! Names that refer to each other: selectors and labels, ports, services, config
//! maps, secrets, what is scaled, and the address of the brokers.

use serde_json::Value;

use crate::Complaints;
use crate::environment;
use crate::images;
use crate::workload::{at, containers, list, matches, of_kind, text, title, workloads};

/// Selectors that match no pod, or not the ones of their own workload.
#[must_use]
pub fn check_selectors(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    let labels = |workload| at(workload, "spec/template/metadata/labels");
    let some_pod = |wanted: &Value| {
        !wanted.is_null() && workloads(documents).any(|pod| matches(wanted, labels(pod)))
    };
    for workload in workloads(documents) {
        let own = labels(workload);
        // A job finds its pods by itself.
        let is_job = title(workload).starts_with("Job ");
        let mut selectors = Vec::new();
        if !is_job {
            selectors.push(at(workload, "spec/selector/matchLabels"));
        }
        for constraint in list(workload, "spec/template/spec/topologySpreadConstraints") {
            selectors.push(at(constraint, "labelSelector/matchLabels"));
        }
        for wanted in selectors {
            if wanted.is_null() || !matches(wanted, own) {
                let name = title(workload);
                complaints.push(format!("{name}: selects {wanted}, its pods have {own}"));
            }
        }
    }
    for (kind, path) in [
        ("Service", "spec/selector"),
        ("PodDisruptionBudget", "spec/selector/matchLabels"),
        ("NetworkPolicy", "spec/podSelector/matchLabels"),
        ("PodMonitor", "spec/selector/matchLabels"),
    ] {
        for document in of_kind(documents, kind) {
            if !some_pod(at(document, path)) {
                let wanted = at(document, path);
                complaints.push(format!("{}: no pod has {wanted}", title(document)));
            }
        }
    }
    complaints
}

/// Ports that are referred to by a name, or a number, that no container has.
#[must_use]
pub fn check_ports(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for workload in workloads(documents) {
        for container in containers(workload) {
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                let port = at(container, &format!("{probe}/httpGet/port"));
                if !port.is_null() && !has_port(container, port) {
                    let name = title(workload);
                    complaints.push(format!("{name}: {probe} asks port {port}, which is none"));
                }
            }
        }
        let annotations = at(workload, "spec/template/metadata/annotations");
        if let Some(port) = annotations.get("prometheus.io/port").and_then(Value::as_str) {
            let port = port.parse::<u64>().map_or(Value::Null, Value::from);
            if !containers(workload).any(|container| has_port(container, &port)) {
                complaints.push(format!("{}: is scraped at port {port}", title(workload)));
            }
        }
        complaints.extend(check_listens(documents, workload));
    }
    for service in of_kind(documents, "Service") {
        for port in list(service, "spec/ports") {
            let target = Some(at(port, "targetPort")).filter(|target| !target.is_null());
            let target = target.unwrap_or(at(port, "port"));
            if !selected_has(documents, at(service, "spec/selector"), target) {
                complaints.push(format!("{}: no pod has port {target}", title(service)));
            }
        }
    }
    for policy in of_kind(documents, "NetworkPolicy") {
        for port in list(policy, "spec/ingress").flat_map(|rule| list(rule, "ports")) {
            let (selector, port) = (at(policy, "spec/podSelector/matchLabels"), at(port, "port"));
            if !selected_has(documents, selector, port) {
                complaints.push(format!("{}: no pod has port {port}", title(policy)));
            }
        }
    }
    complaints
}

/// Whether a service listens where its container says.
fn check_listens(documents: &[Value], workload: &Value) -> Complaints {
    let mut complaints = Vec::new();
    for container in containers(workload) {
        if !images::program(container).is_some_and(|program| program.is_served()) {
            continue;
        }
        // Missing config maps are the other check's.
        let variables = environment::variables(documents, container).unwrap_or_default();
        let address = variables.iter().find(|(name, _)| name == "HTTP_ADDRESS");
        let port = address.and_then(|(_, address)| address.rsplit(':').next()?.parse::<u64>().ok());
        let name = title(workload);
        match port {
            None => complaints.push(format!("{name}: HTTP_ADDRESS is not set, its probes fail")),
            Some(port) if !has_port(container, &Value::from(port)) => {
                complaints.push(format!("{name}: HTTP_ADDRESS has port {port}, which is none"));
            }
            Some(_) => {}
        }
    }
    complaints
}

fn has_port(container: &Value, port: &Value) -> bool {
    list(container, "ports")
        .any(|entry| at(entry, "name") == port || at(entry, "containerPort") == port)
}

fn selected_has(documents: &[Value], selector: &Value, port: &Value) -> bool {
    workloads(documents)
        .filter(|workload| matches(selector, at(workload, "spec/template/metadata/labels")))
        .any(|workload| containers(workload).any(|container| has_port(container, port)))
}

/// References to other documents that are not there: of stateful sets to their
/// service, of autoscalers to what they scale and to their credentials, of volumes
/// to secrets and to the config maps, and of the clients to the brokers. `kafka`
/// has the cluster that the services are to use.
#[must_use]
pub fn check_references(documents: &[Value], kafka: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    let mut expect = |found: bool, who: &Value, what: &str, name: &str| {
        if !found {
            complaints.push(format!("{}: there is no {what} '{name}'", title(who)));
        }
    };
    let named = |documents: &[Value], kind: &str, name: &str| {
        of_kind(documents, kind).any(|document| text(document, "metadata/name") == name)
    };
    for set in of_kind(documents, "StatefulSet") {
        let name = text(set, "spec/serviceName");
        expect(named(documents, "Service", name), set, "Service", name);
    }
    for scaler in
        of_kind(documents, "ScaledObject").chain(of_kind(documents, "HorizontalPodAutoscaler"))
    {
        let target = at(scaler, "spec/scaleTargetRef");
        let (kind, name) = (text(target, "kind"), text(target, "name"));
        expect(named(documents, kind, name), scaler, kind, name);
        for trigger in list(scaler, "spec/triggers") {
            let name = text(trigger, "authenticationRef/name");
            let found = named(documents, "TriggerAuthentication", name);
            expect(found, scaler, "TriggerAuthentication", name);
            let servers = text(trigger, "metadata/bootstrapServers");
            expect(listens(kafka, servers), scaler, "Kafka listener", servers);
        }
    }
    for authentication in of_kind(documents, "TriggerAuthentication") {
        for secret in list(authentication, "spec/secretTargetRef") {
            let name = text(secret, "name");
            expect(is_secret(kafka, name), authentication, "secret", name);
        }
    }
    for workload in workloads(documents) {
        for volume in list(workload, "spec/template/spec/volumes") {
            let projected = list(volume, "projected/sources");
            for source in projected.chain([volume]) {
                let name = text(source, "secret/name");
                let name = if name.is_empty() { text(source, "secret/secretName") } else { name };
                if !name.is_empty() {
                    expect(is_secret(kafka, name), workload, "secret", name);
                }
                let name = text(source, "configMap/name");
                if !name.is_empty() {
                    expect(named(documents, "ConfigMap", name), workload, "ConfigMap", name);
                }
            }
        }
        for container in containers(workload) {
            for variable in list(container, "env") {
                let name = text(variable, "valueFrom/secretKeyRef/name");
                if !name.is_empty() {
                    expect(is_secret(kafka, name), workload, "secret", name);
                }
            }
            let variables = environment::variables(documents, container).unwrap_or_default();
            for (name, servers) in variables {
                if name == "KAFKA_BOOTSTRAP_SERVERS" {
                    expect(listens(kafka, &servers), workload, "Kafka listener", &servers);
                }
            }
        }
    }
    complaints
}

/// Whether Strimzi makes a secret of that name: for a user, or with the
/// authority of a cluster.
fn is_secret(kafka: &[Value], name: &str) -> bool {
    of_kind(kafka, "KafkaUser").any(|user| text(user, "metadata/name") == name)
        || of_kind(kafka, "Kafka")
            .any(|cluster| name == format!("{}-cluster-ca-cert", text(cluster, "metadata/name")))
}

/// Whether a cluster listens inside Kubernetes at `host:port`, where the host may
/// be followed by its namespace.
fn listens(kafka: &[Value], servers: &str) -> bool {
    let Some((host, port)) = servers.split_once(':') else { return false };
    let port = port.parse::<u64>().ok();
    of_kind(kafka, "Kafka").any(|cluster| {
        let service = format!("{}-kafka-bootstrap", text(cluster, "metadata/name"));
        let inside = format!("{service}.{}.svc", text(cluster, "metadata/namespace"));
        let is_port = |listener: &Value| {
            text(listener, "type") == "internal" && at(listener, "port").as_u64() == port
        };
        (host == service || host == inside) && list(cluster, "spec/kafka/listeners").any(is_port)
    })
}
