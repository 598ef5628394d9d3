//! The images: each is a service's, and runs under its name, or is one of the few
//! others at a stated version; in production all are pinned by digest.

use serde_json::Value;

use crate::Complaints;
use crate::services::Service;
use crate::workload::{at, containers, list, text, title, workloads};

/// The images that are not this project's, without tag.
const OTHERS: [&str; 5] = [
    "apache/kafka",
    "ghcr.io/kafbat/kafka-ui",
    "grafana/grafana",
    "confluentinc/cp-schema-registry",
    "prom/prometheus",
];

/// Where it is in the images of the services.
const ADMIN: &str = "/usr/local/bin/pipeline-admin";

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

/// What a container runs: the service of its image, or `pipeline-admin`, which every
/// service's image has too.
#[must_use]
pub fn program(container: &Value) -> Option<Service> {
    let service = service(text(container, "image"))?;
    match list(container, "command").next() {
        None => Some(service),
        Some(command) => (command == ADMIN).then(Service::admin),
    }
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
            let (name, image) = (text(container, "name"), text(container, "image"));
            let Some(service) = service(image) else {
                complaints.extend(check_image(name, image));
                continue;
            };
            if name != text(workload, "metadata/name") {
                let title = title(workload);
                complaints.push(format!("{title}: its container is called '{name}'"));
            }
            match program(container) {
                Some(program) if program.name == service.name => {
                    complaints.extend(check_image(name, image));
                }
                Some(program) if program.name == name => {}
                Some(program) => complaints.push(format!("'{name}' runs {}", program.name)),
                None => {
                    let command = at(container, "command");
                    complaints.push(format!("'{name}' runs {command}, which is not in {image}"));
                }
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
