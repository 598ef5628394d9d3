//! The project's manifests, as they reach a cluster, pass every check.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use deployment_check::services::Service;
use deployment_check::workload::{of_kind, text, workloads};
use deployment_check::{
    compose, environment, images, names, numbers, pods, render, settings, topics,
};
use serde_json::Value;

/// What runs together: pods, and the Kafka cluster that they use.
fn deployed(pods: &[&str], kafka: &[&str]) -> (Vec<Value>, Vec<Value>) {
    let rendered = |directories: &[&str]| {
        directories.iter().flat_map(|directory| render::kustomize(directory).unwrap()).collect()
    };
    (rendered(pods), rendered(kafka))
}

fn all() -> [(Vec<Value>, Vec<Value>); 2] {
    [
        deployed(&["dev", "dev/kafka-ui"], &["dev/kafka", "dev/kafka-ui"]),
        deployed(&["prod"], &["kafka"]),
    ]
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn every_service_is_deployed() {
    for (documents, _) in all() {
        for service in Service::all() {
            let is_service = |pod: &&Value| text(pod, "metadata/name") == service.name;
            assert_eq!(workloads(&documents).filter(is_service).count(), 1, "{}", service.name);
        }
    }
}

#[test]
fn every_image_that_is_released_is_a_service() {
    let bake = render::root().join("docker/docker-bake.hcl");
    let bake = std::fs::read_to_string(bake).unwrap();
    let (_, list) = bake.split_once("matrix     = { service = [").expect("the list of images");
    let (list, _) = list.split_once(']').unwrap();
    let mut released: Vec<&str> =
        list.split(',').map(|name| name.trim().trim_matches('"')).collect();
    let mut services: Vec<&str> = Service::all().iter().map(|service| service.name).collect();
    released.sort_unstable();
    services.sort_unstable();
    assert_eq!(released, services);
}

#[test]
fn names_refer_to_what_is_there() {
    for (documents, kafka) in all() {
        assert_eq!(names::check_selectors(&documents), none());
        assert_eq!(names::check_ports(&documents), none());
        assert_eq!(names::check_references(&documents, &kafka), none());
    }
}

#[test]
fn numbers_fit_together() {
    for (documents, kafka) in all() {
        assert_eq!(numbers::check_replicas(&documents), none());
        assert_eq!(numbers::check_quantities(&documents), none());
        assert_eq!(numbers::check_quantities(&kafka), none());
        assert_eq!(numbers::check_grace(&documents), none());
        assert_eq!(numbers::check_scaling(&documents, &kafka), none());
    }
}

#[test]
fn services_read_what_they_are_given() {
    for (documents, _) in all() {
        assert_eq!(environment::check(&documents), none());
    }
}

#[test]
fn the_list_of_settings_is_complete() {
    let example = std::fs::read_to_string(render::root().join(".env.example")).unwrap();
    assert_eq!(settings::check(&example), none());
}

#[test]
fn images_belong_to_services() {
    for (documents, _) in all() {
        assert_eq!(images::check(&documents), none());
    }
    assert_eq!(images::check_pinned(&render::kustomize("prod").unwrap()), none());
}

#[test]
fn the_compose_file_runs_the_services() {
    let file = render::compose().unwrap();
    for service in Service::all() {
        assert!(file["services"].get(service.name).is_some(), "{}", service.name);
    }
    assert_eq!(compose::check(&file), none());
}

#[test]
fn pods_are_restricted() {
    for (documents, _) in all() {
        assert_eq!(pods::check(&documents), none());
    }
}

#[test]
fn topics_and_rights_are_what_the_services_need() {
    for (_, kafka) in all() {
        assert!(of_kind(&kafka, "Kafka").count() == 1);
        assert_eq!(topics::check(&kafka), none());
        assert_eq!(topics::check_users(&kafka), none());
    }
}
