//! A start that cannot succeed ends soon, with one line that says what is wrong;
//! and whether a group has caught up is told right.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use clap::Parser;
use pipeline::cli::{Refusal, parse};
use pipeline::progress::caught_up;
use pipeline::{Defaults, KafkaArgs, KafkaConfig};
use rdkafka::producer::Producer;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use support::*;

fn refusal(config: &KafkaConfig) -> String {
    let error = start(Counting::default(), config).wait().unwrap().unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    error
}

#[test]
fn a_broker_that_is_not_there_is_one_line_within_seconds() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = KafkaConfig { bootstrap_servers: port.to_string(), ..config("nobody") };
    let started = Instant::now();
    let error = refusal(&config);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert!(error.contains(&port.to_string()), "{error}");
    assert!(error.contains("(KAFKA_BOOTSTRAP_SERVERS)"), "{error}");
    assert!(error.contains("Connection refused"), "{error}");
}

#[test]
fn a_changelog_with_other_partitions_than_the_input_is_refused() {
    let config = config("uneven");
    create(&config.input_topic, 3, &[]);
    create(&config.changelog_topic(), 2, &[("cleanup.policy", "compact")]);
    let error = refusal(&config);
    assert!(error.contains(&config.changelog_topic()), "{error}");
    assert!(error.contains("has 2 partitions, expected 3"), "{error}");
}

#[test]
fn a_changelog_that_forgets_is_refused() {
    for policy in ["delete", "compact,delete"] {
        let config = config("forgets");
        create(&config.input_topic, 1, &[]);
        create(&config.changelog_topic(), 1, &[("cleanup.policy", policy)]);
        let error = refusal(&config);
        assert!(
            error.contains(&format!("cleanup.policy is '{policy}', expected 'compact'")),
            "{error}"
        );
    }
}

#[test]
fn a_topic_for_messages_that_is_compacted_is_refused() {
    for policy in ["compact", "compact,delete"] {
        for output in [false, true] {
            let config = config("compacted");
            let topic = if output { &config.output_topic } else { &config.input_topic };
            create(topic, 1, &[("cleanup.policy", policy)]);
            let error = refusal(&config);
            let expected =
                format!("topic {topic}: cleanup.policy is '{policy}', expected 'delete'");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}

#[test]
fn a_step_that_would_read_what_it_writes_is_refused() {
    let config = config("circle");
    let config = KafkaConfig { output_topic: config.input_topic.clone(), ..config };
    let error = refusal(&config);
    let expected = format!("KAFKA_OUTPUT_TOPIC: is '{}'", config.input_topic);
    assert!(error.starts_with(&expected) && error.contains("KAFKA_INPUT_TOPIC"), "{error}");
}

#[test]
fn caught_up_waits_for_commits_and_does_not_count_markers() {
    let config = config("caught");
    let (group, topic) = (&config.consumer_group, &config.input_topic);
    let is_caught_up = || caught_up(&config, group, topic).unwrap();
    create(topic, 2, &[]);
    assert!(is_caught_up(), "there is nothing");
    write_trades(topic, &trades(0..10));
    assert!(!is_caught_up(), "nothing was read");
    let running = start(Counting::default(), &config);
    wait_caught_up(&config);
    running.stop();
    assert!(is_caught_up());

    let writer = producer(&[("transactional.id", &config.consumer_group)]);
    writer.init_transactions(Duration::from_secs(10)).unwrap();
    writer.begin_transaction().unwrap();
    let records: Vec<Plain> = trades(10..20).iter().map(Plain::of).collect();
    send(&writer, topic, &records);
    assert!(!is_caught_up(), "an open transaction may still commit");
    writer.abort_transaction(Duration::from_secs(10)).unwrap();
    wait_until("the markers", is_caught_up);
    writer.begin_transaction().unwrap();
    send(&writer, topic, &records);
    writer.commit_transaction(Duration::from_secs(10)).unwrap();
    assert!(!is_caught_up(), "ten more were committed");
}

#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    kafka: KafkaArgs,
}

const DEFAULTS: Defaults =
    Defaults { input_topic: "trades", output_topic: "candles", consumer_group: "candles" };

fn options<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<KafkaConfig, String> {
    let arguments = ["test"].into_iter().chain(arguments).map(Into::into);
    match parse::<Options>(arguments.collect::<Vec<std::ffi::OsString>>()) {
        Ok(options) => options.kafka.resolve(DEFAULTS).map_err(|e| e.to_string()),
        Err(Refusal::Wrong(line)) => Err(line),
        Err(Refusal::Help(text)) => panic!("{text}"),
    }
}

#[test]
fn options_have_defaults_and_wrong_ones_are_named_on_one_line() {
    let servers = ["--kafka-bootstrap-servers", "h:1"];
    let with = |more: &[&str]| options([&servers, more].concat());
    let config = with(&["--kafka-instance-id", "a"]).unwrap();
    assert_eq!((config.input_topic.as_str(), config.output_topic.as_str()), ("trades", "candles"));
    assert_eq!(config.dead_letter_topic(), "trades.dlq");
    assert_eq!(config.late_topic(), "trades.late");
    assert_eq!(config.changelog_topic(), "candles-changelog");
    assert_eq!(config.transactional_id(), "candles-a");
    assert_eq!(config.commit_interval, Duration::from_millis(100));
    // Two processes on one host are two, and both keep their transactions to themselves.
    let unnamed = with(&[]).unwrap();
    assert!(unnamed.instance_id.ends_with(&format!("-{}", std::process::id())));
    assert!(config.static_member && !unnamed.static_member);

    for (arguments, named) in [
        (
            &["--commit-interval-ms", "soon"][..],
            "COMMIT_INTERVAL_MS: invalid value 'soon' for '--commit-interval-ms <MS>': ",
        ),
        (&["--schema-compatibility", "some"], "SCHEMA_COMPATIBILITY: invalid value 'some' for"),
        (&["--kafka-instance-id"], "KAFKA_INSTANCE_ID: a value is required"),
        (&["--commit-intervall-ms", "5"], "'--commit-intervall-ms'"),
        (&["--commit-interval-ms", "0"], "COMMIT_INTERVAL_MS"),
        (&["--kafka-topic-partitions", "0"], "KAFKA_TOPIC_PARTITIONS"),
        (&["--kafka-topic-replication", "0"], "KAFKA_TOPIC_REPLICATION"),
        (&["--kafka-session-timeout-ms", "5"], "KAFKA_SESSION_TIMEOUT_MS"),
        (&["--kafka-transaction-timeout-ms", "100"], "KAFKA_TRANSACTION_TIMEOUT_MS"),
    ] {
        let error = with(arguments).unwrap_err();
        assert!(error.contains(named) && !error.contains('\n'), "{error}");
        assert!(!error.contains("--help"), "{error}");
    }
    let error = options(["--kafka-bootstrap-servers", " "]).unwrap_err();
    assert!(error.contains("KAFKA_BOOTSTRAP_SERVERS"), "{error}");
}

#[test]
fn a_login_at_the_registry_is_never_shown() {
    let servers = ["--kafka-bootstrap-servers", "h:1"];
    let with = |more: &[&str]| options([&servers, more].concat());
    for url in ["https//u:hunter2@h", "u:hunter2@h:8081", "http://u:hunter2@", "http://u:hunter2@h"]
    {
        let error = with(&["--schema-registry-url", url]).unwrap_err();
        assert!(error.starts_with("SCHEMA_REGISTRY_URL: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = with(&["--schema-registry-url", "localhost:8081"]).unwrap_err();
    assert!(error.contains("'localhost:8081', expected an address like"), "{error}");

    let login = ["--schema-registry-username", "u", "--schema-registry-password", "hunter2"];
    let arguments = [&["test"], &servers[..], &["--schema-registry-url", "http://h"], &login];
    let arguments = arguments.concat().into_iter().map(Into::into);
    let options = parse::<Options>(arguments.collect::<Vec<std::ffi::OsString>>()).unwrap();
    assert!(!format!("{options:?}").contains("hunter2"), "{options:?}");
    let config = options.kafka.resolve(DEFAULTS).unwrap();
    assert!(!format!("{config:?}{:?}", config.registry).contains("hunter2"));
    let login = config.registry.unwrap().login;
    assert_eq!(login, Some(("u".to_owned(), "hunter2".to_owned())));
}

/// With these options, each `--kafka-` without that and `=`.
fn secured(settings: &str) -> Result<KafkaConfig, String> {
    let more: Vec<String> =
        settings.split_whitespace().map(|setting| format!("--kafka-{setting}")).collect();
    let servers = ["--kafka-bootstrap-servers", "h:1"].into_iter();
    options(servers.chain(more.iter().map(String::as_str)))
}

#[test]
fn settings_of_tls_and_sasl_that_go_together_are_taken() {
    let user = "sasl-username=u sasl-password=hunter2";
    for right in [
        "security-protocol=PLAINTEXT",
        "security-protocol= sasl-mechanism= sasl-username= ssl-ca-location=",
        "security-protocol=ssl",
        "security-protocol=SSL ssl-ca-location=a ssl-certificate-location=c ssl-key-location=k",
        &format!("security-protocol=sasl_plaintext sasl-mechanism=plain {user}"),
        &format!("security-protocol=SASL_SSL sasl-mechanism=SCRAM-SHA-256 {user}"),
        &format!(
            "security-protocol=sasl_ssl sasl-mechanism=scram-sha-512 {user} ssl-ca-location=a"
        ),
    ] {
        assert!(secured(right).is_ok(), "{right}: {:?}", secured(right));
    }
    let config = secured(&format!("security-protocol=SASL_SSL sasl-mechanism=plain {user}"));
    let config = config.unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let security = config.security;
    assert_eq!(security["security.protocol"], "sasl_ssl");
    assert_eq!((security["sasl.mechanism"].as_str(), security.len()), ("PLAIN", 4));
}

#[test]
fn settings_of_tls_and_sasl_that_do_not_go_together_are_named() {
    let sasl = "security-protocol=sasl_ssl";
    let user = "sasl-username=u sasl-password=hunter2";
    for (settings, named) in [
        ("security-protocol=tls", "KAFKA_SECURITY_PROTOCOL: is 'tls', expected plaintext, ssl,"),
        (sasl, "KAFKA_SASL_MECHANISM: is not set"),
        (&format!("{sasl} {user}"), "KAFKA_SASL_MECHANISM: is not set"),
        (&format!("{sasl} {user} sasl-mechanism=GSSAPI"), "KAFKA_SASL_MECHANISM: is 'GSSAPI'"),
        (&format!("{sasl} sasl-mechanism=PLAIN"), "KAFKA_SASL_USERNAME: is not set"),
        (
            &format!("{sasl} sasl-mechanism=PLAIN sasl-username=u"),
            "KAFKA_SASL_PASSWORD: is not set",
        ),
        // Without effect, which nobody means.
        (user, "KAFKA_SECURITY_PROTOCOL: is 'plaintext', expected sasl_ssl or sasl_plaintext"),
        (&format!("{user} security-protocol=ssl"), "KAFKA_SECURITY_PROTOCOL: is 'ssl'"),
        ("ssl-ca-location=a", "KAFKA_SECURITY_PROTOCOL: is 'plaintext', expected ssl or sasl_ssl"),
        ("security-protocol=ssl ssl-key-location=k", "KAFKA_SSL_CERTIFICATE_LOCATION: is not set"),
        ("security-protocol=ssl ssl-certificate-location=c", "KAFKA_SSL_KEY_LOCATION: is not set"),
    ] {
        let error = secured(settings).unwrap_err();
        assert!(error.starts_with(named) && !error.contains('\n'), "{settings}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_file_of_tls_that_is_not_there_is_named() {
    let security = BTreeMap::from([("ssl.ca.location", "no/such.pem".to_owned())]);
    let error = refusal(&KafkaConfig { security, ..config("nofile") });
    assert!(error.starts_with("KAFKA_SSL_CA_LOCATION: cannot read 'no/such.pem': "), "{error}");
}
