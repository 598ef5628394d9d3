//! How the checks look at documents: by kind, by path, and at what runs pods.

use serde_json::{Map, Value};

/// The text at a path such as `metadata/name`; empty where there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// What is at a path such as `spec/replicas`; null where there is nothing.
#[must_use]
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('/').fold(value, |value, step| value.get(step).unwrap_or(&Value::Null))
}

/// The items of the list at a path; none where there is no list.
pub fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> {
    at(value, path).as_array().into_iter().flatten()
}

/// The documents of a kind.
pub fn of_kind<'a>(documents: &'a [Value], kind: &str) -> impl Iterator<Item = &'a Value> {
    documents.iter().filter(move |document| text(document, "kind") == kind)
}

/// A document's name as a person looks for it: `Deployment trades`. The jobs of a
/// `CronJob` have no kind of their own.
#[must_use]
pub fn title(document: &Value) -> String {
    let kind = at(document, "kind").as_str().unwrap_or("Job");
    format!("{kind} {}", text(document, "metadata/name"))
}

/// What runs pods. A `CronJob` stands there by its jobs.
pub fn workloads(documents: &[Value]) -> impl Iterator<Item = &Value> {
    let kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job"];
    let running = documents.iter().filter(move |document| kinds.contains(&text(document, "kind")));
    running.chain(of_kind(documents, "CronJob").map(|document| at(document, "spec/jobTemplate")))
}

/// The containers of a workload, those that run first included.
pub fn containers(workload: &Value) -> impl Iterator<Item = &Value> {
    let first = list(workload, "spec/template/spec/initContainers");
    first.chain(list(workload, "spec/template/spec/containers"))
}

/// Whether all labels that a `matchLabels` asks for are there. An empty one
/// matches everything, in Kubernetes and here.
#[must_use]
pub fn matches(wanted: &Value, labels: &Value) -> bool {
    let none = Map::new();
    wanted.as_object().unwrap_or(&none).iter().all(|(name, value)| labels.get(name) == Some(value))
}
