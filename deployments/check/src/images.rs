//! The images: each is a service's, and runs under its name, or is one of the few
//! others at a stated version; in production all are pinned by digest.

use serde_json::Value;

use crate::Complaints;
use crate::services::Service;
use crate::workload::{containers, text, title, workloads};

/// The images that are not this project's, without tag.
const OTHERS: [&str; 5] = [
    "apache/kafka",
    "ghcr.io/kafbat/kafka-ui",
    "grafana/grafana",
    "confluentinc/cp-schema-registry",
    "prom/prometheus",
];

/// Which image, and which version of it.
struct Image<'a> {
    repository: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

fn parse(image: &str) -> Image<'_> {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    match rest.rsplit_once(':') {
        // A colon before a slash belongs to the registry's port.
        Some((repository, tag)) if !tag.contains('/') => {
            Image { repository, tag: Some(tag), digest }
        }
        _ => Image { repository: rest, tag: None, digest },
    }
}

/// The service that an image holds, by the last part of its name.
#[must_use]
pub fn service(image: &str) -> Option<Service> {
    let repository = parse(image).repository;
    let is_other = OTHERS.contains(&repository.trim_start_matches("docker.io/"));
    if is_other {
        return None;
    }
    Service::named(repository.rsplit('/').next().unwrap_or_default())
}

/// What is wrong with an image that runs under a name.
#[must_use]
pub fn check_image(name: &str, image: &str) -> Complaints {
    let Image { repository, tag, digest } = parse(image);
    let mut complaints = Vec::new();
    match service(image) {
        Some(service) if service.name != name => {
            complaints.push(format!("'{name}' runs the image of {}: {image}", service.name));
        }
        Some(_) => {}
        None if OTHERS.contains(&repository.trim_start_matches("docker.io/")) => {
            if matches!(tag, None | Some("latest")) && digest.is_none() {
                complaints.push(format!("'{name}' runs {image}, expected a version"));
            }
        }
        None => complaints.push(format!("'{name}' runs {image}, which belongs to no service")),
    }
    complaints
}

/// The images of all pods.
#[must_use]
pub fn check(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for workload in workloads(documents) {
        for container in containers(workload) {
            complaints.extend(check_image(text(container, "name"), text(container, "image")));
            if service(text(container, "image")).is_some()
                && text(container, "name") != text(workload, "metadata/name")
            {
                complaints.push(format!(
                    "{}: its container is called '{}'",
                    title(workload),
                    text(container, "name")
                ));
            }
        }
    }
    complaints
}

/// Whether all pods run what a digest pins, from a registry.
#[must_use]
pub fn check_pinned(documents: &[Value]) -> Complaints {
    let is_pinned = |image: &str| {
        let Image { repository, digest, .. } = parse(image);
        let hex = digest.and_then(|digest| digest.strip_prefix("sha256:")).unwrap_or_default();
        hex.len() == 64
            && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && repository.split('/').next().is_some_and(|registry| registry.contains('.'))
    };
    workloads(documents)
        .flat_map(|workload| containers(workload).map(move |container| (workload, container)))
        .filter(|(_, container)| !is_pinned(text(container, "image")))
        .map(|(workload, container)| {
            format!("{}: {} is not pinned by digest", title(workload), text(container, "image"))
        })
        .collect()
}
