//! The variables that pods get: each is one that the service reads, every required
//! one is set, and the service accepts the values.

use serde_json::Value;

use crate::Complaints;
use crate::images;
use crate::services::Service;
use crate::workload::{at, containers, list, of_kind, text, title, workloads};

/// A container's variables. What only the cluster knows, secrets and a pod's own
/// fields, stands there by its source.
///
/// # Errors
/// Names the ConfigMap that is not among the documents.
pub fn variables(
    documents: &[Value],
    container: &Value,
) -> Result<Vec<(String, String)>, Complaints> {
    let mut variables = Vec::new();
    let mut missing = Vec::new();
    for source in list(container, "envFrom") {
        let name = text(source, "configMapRef/name");
        match of_kind(documents, "ConfigMap").find(|map| text(map, "metadata/name") == name) {
            Some(map) => {
                for (name, value) in at(map, "data").as_object().into_iter().flatten() {
                    variables.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
                }
            }
            None => missing.push(format!("there is no ConfigMap '{name}' to take variables from")),
        }
    }
    for variable in list(container, "env") {
        let value = match at(variable, "value").as_str() {
            Some(value) => value.to_owned(),
            None => format!("from {}", at(variable, "valueFrom")),
        };
        variables.push((text(variable, "name").to_owned(), value));
    }
    if missing.is_empty() { Ok(variables) } else { Err(missing) }
}

/// What a service has to say about the variables that it is given.
#[must_use]
pub fn check_service(service: &Service, variables: &[(String, String)]) -> Complaints {
    let mut complaints = Vec::new();
    let reads =
        |service: &Service, name: &str| service.options().any(|(variable, _)| variable == name);
    // What the services share is given to pipeline-admin too, though it reads less of it.
    let others = if service.is_served() { Vec::new() } else { Service::all() };
    for (name, _) in variables {
        if !reads(service, name) && !others.iter().any(|other| reads(other, name)) {
            complaints.push(format!("{name} is not read by {}", service.name));
        }
    }
    for (variable, arg) in service.options() {
        let is_set = variables.iter().any(|(name, _)| *name == variable);
        if arg.is_required_set() && !is_set {
            complaints.push(format!("{variable} is required by {}, and not set", service.name));
        }
    }
    if let Err(refusal) = service.accepts(variables) {
        complaints.push(format!("{} would not start: {refusal}", service.name));
    }
    complaints
}

/// The variables of every pod that runs a service.
#[must_use]
pub fn check(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for workload in workloads(documents) {
        for container in containers(workload) {
            let Some(service) = images::program(container) else { continue };
            let found = match variables(documents, container) {
                Ok(variables) => check_service(&service, &variables),
                Err(missing) => missing,
            };
            complaints
                .extend(found.iter().map(|complaint| format!("{}: {complaint}", title(workload))));
        }
    }
    complaints
}
