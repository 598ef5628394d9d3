//! Kafka's topics and users: the ones that the services use by their defaults, as
//! they would make or demand them, and rights to these and no others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Complaints;
use crate::services::Service;
use crate::workload::{at, list, of_kind, text, title};

/// What is expected of a topic.
struct Expected {
    is_changelog: bool,
    /// Has as many partitions as this one; a changelog without one has a single
    /// partition.
    follows: Option<String>,
}

/// Partitions of a topic; `None` where there is no such topic.
#[must_use]
pub fn partitions(kafka: &[Value], topic: &str) -> Option<u64> {
    of_kind(kafka, "KafkaTopic")
        .find(|document| name(document) == topic)
        .and_then(|document| at(document, "spec/partitions").as_u64())
}

/// A topic's name: the resource's, where none is stated.
#[must_use]
pub fn name(document: &Value) -> &str {
    let stated = text(document, "spec/topicName");
    if stated.is_empty() { text(document, "metadata/name") } else { stated }
}

fn expected() -> BTreeMap<String, Expected> {
    let mut topics = BTreeMap::new();
    let plain = || Expected { is_changelog: false, follows: None };
    for service in Service::all() {
        let kafka = &service.kafka;
        topics.entry(kafka.output_topic.clone()).or_insert_with(plain);
        let follows = (!kafka.input_topic.is_empty()).then(|| kafka.input_topic.clone());
        if follows.is_some() {
            topics.entry(kafka.input_topic.clone()).or_insert_with(plain);
            let letters = kafka.dead_letter_topic();
            let marks = Expected { is_changelog: true, follows: Some(letters.clone()) };
            // Which letters `pipeline-admin dlq redrive` has sent back.
            topics.insert(format!("{letters}.redriven"), marks);
            topics.insert(letters, plain());
        }
        if service.has_late {
            topics.insert(kafka.late_topic(), plain());
        }
        topics.insert(kafka.changelog_topic(), Expected { is_changelog: true, follows });
    }
    topics
}

/// Topics that are missing, unknown, or not as the services need them.
#[must_use]
pub fn check(kafka: &[Value]) -> Complaints {
    let expected = expected();
    let mut complaints = Vec::new();
    for topic in expected.keys().filter(|topic| partitions(kafka, topic).is_none()) {
        complaints.push(format!("there is no KafkaTopic {topic}"));
    }
    let brokers = of_kind(kafka, "KafkaNodePool")
        .filter(|pool| list(pool, "spec/roles").any(|role| role == "broker"))
        .filter_map(|pool| at(pool, "spec/replicas").as_u64())
        .sum::<u64>();
    for document in of_kind(kafka, "KafkaTopic") {
        let title = format!("KafkaTopic {}", name(document));
        let Some(wanted) = expected.get(name(document)) else {
            complaints.push(format!("{title}: no service uses it"));
            continue;
        };
        let (config, count) = (at(document, "spec/config"), partitions(kafka, name(document)));
        let policy = if wanted.is_changelog { "compact" } else { "delete" };
        if config.get("cleanup.policy") != Some(&Value::from(policy)) {
            complaints.push(format!("{title}: expected the cleanup.policy {policy}"));
        }
        // What is compacted is kept for ever, and what is not has a term.
        if config.get("retention.ms").is_some() == wanted.is_changelog {
            complaints.push(format!("{title}: retention.ms does not go with {policy}"));
        }
        if wanted.is_changelog {
            let of = wanted.follows.as_ref();
            let right = of.map_or(Some(1), |follows| partitions(kafka, follows));
            if count != right {
                complaints.push(format!("{title}: {count:?} partitions, expected {right:?}"));
            }
        }
        let replicas = at(document, "spec/replicas").as_u64().unwrap_or(0);
        if !(1..=brokers).contains(&replicas) {
            complaints.push(format!("{title}: {replicas} replicas on {brokers} brokers"));
        }
    }
    complaints.extend(check_durability(kafka, brokers));
    complaints
}

/// Whether the brokers can hold as many copies as the cluster asks for.
fn check_durability(kafka: &[Value], brokers: u64) -> Complaints {
    let mut complaints = Vec::new();
    for cluster in of_kind(kafka, "Kafka") {
        let config = at(cluster, "spec/kafka/config");
        for (setting, most) in [
            ("default.replication.factor", "of brokers"),
            ("offsets.topic.replication.factor", "of brokers"),
            ("transaction.state.log.replication.factor", "of brokers"),
            ("min.insync.replicas", "default.replication.factor"),
            ("transaction.state.log.min.isr", "transaction.state.log.replication.factor"),
        ] {
            let number = |name: &str| config.get(name).and_then(Value::as_u64);
            let limit = number(most).unwrap_or(brokers);
            if number(setting).is_none_or(|number| number == 0 || number > limit) {
                complaints.push(format!(
                    "{}: {setting} is {:?}, expected 1 to {limit}",
                    title(cluster),
                    number(setting)
                ));
            }
        }
    }
    complaints
}

/// Rights as the broker knows them: on what, by which pattern, to do what.
type Rights = BTreeMap<(String, String, String), BTreeSet<String>>;

fn needed(service: &Service) -> Rights {
    let kafka = &service.kafka;
    let mut rights = Rights::new();
    let mut allow = |kind: &str, pattern: &str, name: String, operations: &[&str]| {
        let operations = operations.iter().map(|&operation| operation.to_owned());
        rights.entry((kind.into(), pattern.into(), name)).or_default().extend(operations);
    };
    // A service asks how large a batch of messages may be, and whether they stay.
    let output = kafka.output_topic.clone();
    allow("topic", "literal", output, &["Describe", "DescribeConfigs", "Write"]);
    allow(
        "topic",
        "literal",
        kafka.changelog_topic(),
        &["Describe", "DescribeConfigs", "Read", "Write"],
    );
    allow(
        "transactionalId",
        "prefix",
        format!("{}-", kafka.consumer_group),
        &["Describe", "Write"],
    );
    allow("group", "literal", kafka.consumer_group.clone(), &["Describe"]);
    if !kafka.input_topic.is_empty() {
        let (input, letters) = (kafka.input_topic.clone(), kafka.dead_letter_topic());
        // A dead letter must have room for whatever its topic of origin takes.
        allow("topic", "literal", input, &["Describe", "DescribeConfigs", "Read"]);
        allow("topic", "literal", letters, &["Describe", "DescribeConfigs", "Write"]);
        allow("group", "literal", kafka.consumer_group.clone(), &["Read"]);
    }
    if service.has_late {
        let late = kafka.late_topic();
        allow("topic", "literal", late, &["Describe", "DescribeConfigs", "Write"]);
    }
    rights
}

fn granted(user: &Value) -> Rights {
    let mut rights = Rights::new();
    for rule in list(user, "spec/authorization/acls") {
        let resource = at(rule, "resource");
        let field = |name: &str| text(resource, name).to_owned();
        let operations = list(rule, "operations").filter_map(Value::as_str).map(str::to_owned);
        rights
            .entry((field("type"), field("patternType"), field("name")))
            .or_default()
            .extend(operations);
    }
    rights
}

/// Services that may do less than they need, or more; and anybody's rights to a
/// topic that there is not.
#[must_use]
pub fn check_users(kafka: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for user in of_kind(kafka, "KafkaUser") {
        for (kind, pattern, topic) in granted(user).keys() {
            let is_one = kind == "topic" && pattern == "literal" && topic != "*";
            if is_one && partitions(kafka, topic).is_none() {
                complaints.push(format!("{}: there is no KafkaTopic {topic}", title(user)));
            }
        }
    }
    for service in Service::all() {
        let user =
            of_kind(kafka, "KafkaUser").find(|user| text(user, "metadata/name") == service.name);
        let Some(user) = user else {
            complaints.push(format!("there is no KafkaUser {}", service.name));
            continue;
        };
        let (needed, granted) = (needed(&service), granted(user));
        for (resource, operations) in &needed {
            let had = granted.get(resource).cloned().unwrap_or_default();
            let lacks: Vec<_> = operations.difference(&had).collect();
            if !lacks.is_empty() {
                complaints.push(format!("{}: may not {lacks:?} {resource:?}", title(user)));
            }
        }
        for (resource, operations) in &granted {
            let due = needed.get(resource).cloned().unwrap_or_default();
            let more: Vec<_> = operations.difference(&due).collect();
            if !more.is_empty() {
                complaints.push(format!("{}: need not {more:?} {resource:?}", title(user)));
            }
        }
    }
    complaints
}
