//! Numbers that have to fit together: replicas, quantities of CPU, memory and
//! disk, and the time that a pod gets to end.

use serde_json::Value;

use crate::Complaints;
use crate::environment;
use crate::images;
use crate::workload::{at, containers, list, of_kind, text, title, workloads};

/// Autoscalers whose least is over their most, or which somebody else overrules.
#[must_use]
pub fn check_replicas(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for (kind, least, most, otherwise) in [
        ("HorizontalPodAutoscaler", "spec/minReplicas", "spec/maxReplicas", 1),
        ("ScaledObject", "spec/minReplicaCount", "spec/maxReplicaCount", 0),
    ] {
        for scaler in of_kind(documents, kind) {
            let least = at(scaler, least).as_u64().unwrap_or(otherwise);
            let most = at(scaler, most).as_u64();
            if most.is_none_or(|most| least > most) {
                let most = most.map_or("no".to_owned(), |most| most.to_string());
                complaints.push(format!("{}: {least} at least, {most} at most", title(scaler)));
            }
            if let Some(fallback) = at(scaler, "spec/fallback/replicas").as_u64()
                && !(least..=most.unwrap_or(0)).contains(&fallback)
            {
                complaints.push(format!("{}: falls back to {fallback}", title(scaler)));
            }
            for workload in workloads(documents) {
                let target = at(scaler, "spec/scaleTargetRef");
                let is_target = text(workload, "kind") == text(target, "kind")
                    && text(workload, "metadata/name") == text(target, "name");
                if is_target && !at(workload, "spec/replicas").is_null() {
                    complaints.push(format!(
                        "{}: has a fixed number of replicas, and {}",
                        title(workload),
                        title(scaler)
                    ));
                }
            }
        }
    }
    for budget in of_kind(documents, "PodDisruptionBudget") {
        let most = at(budget, "spec/maxUnavailable");
        if most == &Value::from(0) {
            complaints.push(format!("{}: lets no node be drained", title(budget)));
        }
    }
    complaints
}

/// Quantities that cannot be read, and requests over their limits. Looks at every
/// `requests`, `limits`, `size` and `sizeLimit`, wherever it is.
#[must_use]
pub fn check_quantities(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for document in documents {
        look_for_quantities(document, &mut |problem| {
            complaints.push(format!("{}: {problem}", title(document)));
        });
    }
    complaints
}

fn look_for_quantities(value: &Value, complain: &mut impl FnMut(String)) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(fields) = value.as_object() {
        for (name, field) in fields {
            let amounts: Vec<&Value> = match (name.as_str(), field) {
                ("requests" | "limits", Value::Object(amounts)) => amounts.values().collect(),
                ("size" | "sizeLimit", Value::String(_)) => vec![field],
                _ => vec![],
            };
            for amount in amounts.into_iter().map(text) {
                if quantity(&amount).is_none() {
                    complain(format!("'{amount}' is no quantity"));
                }
            }
            look_for_quantities(field, complain);
        }
        for (name, request) in at(value, "requests").as_object().into_iter().flatten() {
            let (request, limit) = (text(request), text(at(value, &format!("limits/{name}"))));
            if let (Some(least), Some(most)) = (quantity(&request), quantity(&limit))
                && least > most
            {
                complain(format!("requests {request} of {name}, over its limit {limit}"));
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        look_for_quantities(item, complain);
    }
}

/// The value of a quantity such as `250m`, `1.5Gi` or `2e3`.
#[must_use]
pub fn quantity(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    let binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(power) = decimal.iter().position(|known| *known == suffix) {
        return Some(number * 1000_f64.powi(power as i32 - 3));
    }
    if let Some(power) = binary.iter().position(|known| *known == suffix) {
        return Some(number * 1024_f64.powi(power as i32));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?;
    Some(number * 10_f64.powi(exponent))
}

/// Pods that may be killed in the middle of a transaction.
#[must_use]
pub fn check_grace(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for workload in workloads(documents) {
        for container in containers(workload) {
            let Some(service) = images::program(container) else { continue };
            // Kubernetes' own default.
            let grace = at(workload, "spec/template/spec/terminationGracePeriodSeconds");
            let grace_ms = grace.as_u64().unwrap_or(30) * 1000;
            let variables = environment::variables(documents, container).unwrap_or_default();
            let set = variables.iter().find(|(name, _)| name == "KAFKA_TRANSACTION_TIMEOUT_MS");
            let transaction_ms = set.map_or_else(
                || service.kafka.transaction_timeout.as_millis() as u64,
                |(_, value)| value.parse().unwrap_or(u64::MAX),
            );
            if grace_ms <= transaction_ms {
                complaints.push(format!(
                    "{}: gets {grace_ms} ms to end, a transaction may take {transaction_ms}",
                    title(workload)
                ));
            }
        }
    }
    complaints
}

/// Autoscalers that start more instances than there are partitions to read, or
/// that look at another topic or group than the service's.
#[must_use]
pub fn check_scaling(documents: &[Value], kafka: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for scaler in of_kind(documents, "ScaledObject") {
        let most = at(scaler, "spec/maxReplicaCount").as_u64().unwrap_or(u64::MAX);
        let Some(service) =
            crate::services::Service::named(text(scaler, "spec/scaleTargetRef/name"))
        else {
            complaints.push(format!("{}: scales no service", title(scaler)));
            continue;
        };
        for trigger in list(scaler, "spec/triggers") {
            let read = (text(trigger, "metadata/topic"), text(trigger, "metadata/consumerGroup"));
            if read != (&service.kafka.input_topic, &service.kafka.consumer_group) {
                complaints.push(format!("{}: looks at {read:?}", title(scaler)));
            }
            let partitions = crate::topics::partitions(kafka, read.0);
            if partitions.is_none_or(|partitions| most > partitions) {
                let partitions = partitions.map_or("no".to_owned(), |count| count.to_string());
                complaints.push(format!(
                    "{}: {most} at most, for {partitions} partitions of {}",
                    title(scaler),
                    read.0
                ));
            }
        }
    }
    complaints
}
