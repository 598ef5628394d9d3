//! What runs in the pods: images that are not a service's, programs that are not in
//! them, and images that nobody has released give a complaint that names them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use deployment_check::{environment, images, render};
use serde_json::{Value, json};
use std::process::Command;
use support::*;

#[test]
fn a_variable_of_pipeline_admin() {
    let container = "/spec/jobTemplate/spec/template/spec/containers/0";
    let title = "CronJob pipeline-admin";
    // It is given what the services share, and need not read all of it.
    let mut documents = prod();
    set(&mut documents, "ConfigMap kafka-client", "/data/KAFKA_SESSION_TIMEOUT_MS", json!("9000"));
    assert_eq!(environment::check(&documents), Vec::<String>::new());
    let nowhere = [("ConfigMap kafka-client", "/data/KAFKA_SERVERS", json!("kafka:9092"))];
    expect(prod(), environment::check, &nowhere, &["Job pipeline-admin", "KAFKA_SERVERS"]);
    let pointer = format!("{container}/envFrom");
    let breaks = [(title, pointer.as_str(), json!([]))];
    expect(prod(), environment::check, &breaks, &["KAFKA_BOOTSTRAP_SERVERS", "pipeline-admin"]);
}

#[test]
fn a_program_that_is_not_in_its_image() {
    let admin = "/spec/jobTemplate/spec/template/spec/containers/0/command";
    let service = format!("{CONTAINER}/command");
    for (title, pointer, command, words) in [
        ("CronJob pipeline-admin", admin, json!(["pipeline-admin"]), "which is not in"),
        ("CronJob pipeline-admin", admin, Value::Null, "runs the image of candles"),
        (
            "StatefulSet candles",
            service.as_str(),
            json!(["/usr/local/bin/pipeline-admin"]),
            "'candles' runs pipeline-admin",
        ),
    ] {
        expect(prod(), images::check, &[(title, pointer, command)], &[words]);
    }
}

#[test]
fn an_image_that_belongs_to_no_service() {
    let pointer = format!("{CONTAINER}/image");
    for (image, words) in [
        ("ghcr.io/example/pipeline/trade:1.0", "belongs to no service"),
        ("ghcr.io/example/pipeline/candles:1.0", "runs the image of candles"),
        ("example/kafka-ui:1.0", "belongs to no service"),
        ("ghcr.io/kafbat/kafka-ui", "expected a version"),
        ("ghcr.io/kafbat/kafka-ui:latest", "expected a version"),
    ] {
        let breaks = [("Deployment trades", pointer.as_str(), json!(image))];
        expect(prod(), images::check, &breaks, &["'trades'", words]);
    }
}

#[test]
fn an_image_that_no_digest_pins() {
    let pointer = format!("{CONTAINER}/image");
    for image in ["ghcr.io/example/trades:1.0", "ghcr.io/example/trades@sha256:12", "trades:dev"] {
        let breaks = [("Deployment trades", pointer.as_str(), json!(image))];
        expect(prod(), images::check_pinned, &breaks, &["Deployment trades", image]);
    }
    let digest = "0".repeat(64);
    let breaks =
        [("Deployment trades", pointer.as_str(), json!(format!("trades@sha256:{digest}")))];
    expect(prod(), images::check_pinned, &breaks, &["Deployment trades"]);
}

#[test]
fn an_overlay_that_no_release_has_pinned() {
    let tools = render::root().join("target/tools/bin");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let apply = |digit: &str| {
        let overlay = tempfile::tempdir_in(render::root().join("deployments")).unwrap();
        let text = format!(
            "resources: [../base/candles]\n\
             images: [{{name: candles, newName: example.org/candles, digest: 'sha256:{}'}}]\n",
            digit.repeat(64)
        );
        std::fs::write(overlay.path().join("kustomization.yaml"), text).unwrap();
        let output = Command::new(render::root().join("deployments/apply.sh"))
            .arg(overlay.path())
            .env("PATH", &path)
            // No cluster, whoever runs this.
            .env("KUBECONFIG", "/dev/null")
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let refused = apply("0");
    assert!(refused.contains("has no digest of a release for example.org/candles"), "{refused}");
    // What is pinned goes on to the cluster, which there is not.
    let passed = apply("1");
    assert!(!passed.contains("apply.sh") && passed.contains("localhost:8080"), "{passed}");
}
