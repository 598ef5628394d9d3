//! An Apache Kafka that asks everybody for their rights, with the topics and users
//! of the manifests, as Strimzi would make them.

use bytes::{Buf, Bytes, BytesMut};
use deployment_check::topics;
use deployment_check::workload::{at, list, of_kind, text};
use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::{
    ApiKey, CreateAclsRequest, CreateAclsResponse, DescribeAclsRequest, DescribeAclsResponse,
    RequestHeader, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, StrBytes};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../services/pipeline/tests/kafka.sh");

/// A running node, which ends with this value.
pub(crate) struct Broker {
    directory: tempfile::TempDir,
    /// Where everything is allowed.
    pub(crate) plain: String,
    /// Where one comes as a user, with a certificate.
    tls: String,
}

impl Broker {
    /// Starts a node with the topics and users of these manifests; `None` where there
    /// is no Apache Kafka.
    pub(crate) fn start(kafka: &[Value]) -> Option<Broker> {
        if std::env::var_os("KAFKA_HOME").is_none_or(|home| home.is_empty()) {
            println!("skipped: KAFKA_HOME names no Apache Kafka (kafka.sh install prints one)");
            return None;
        }
        let users: Vec<&str> =
            of_kind(kafka, "KafkaUser").map(|user| text(user, "metadata/name")).collect();
        let directory = tempfile::tempdir().unwrap();
        let started = Command::new(SCRIPT)
            .args(["start", "--users", &users.join(",")])
            .arg(directory.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        let said = String::from_utf8(started.stdout).unwrap();
        let address = |listener: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(listener));
            line.unwrap().trim().to_owned()
        };
        let broker = Broker { directory, plain: address("PLAINTEXT "), tls: address("SSL ") };
        broker.create_topics(kafka);
        broker.allow(of_kind(kafka, "KafkaUser"));
        Some(broker)
    }

    /// What a user's pod has to come in with, in place of what stands in its manifest:
    /// this broker's address, and the files that are mounted there.
    pub(crate) fn access(&self, user: &str) -> [(&'static str, String); 4] {
        let file = |name: String| {
            let file = self.directory.path().join("tls").join(name);
            assert!(file.exists(), "{}", file.display());
            file.to_str().unwrap().to_owned()
        };
        [
            ("KAFKA_BOOTSTRAP_SERVERS", self.tls.clone()),
            ("KAFKA_SSL_CA_LOCATION", file("ca.pem".to_owned())),
            ("KAFKA_SSL_CERTIFICATE_LOCATION", file(format!("{user}.pem"))),
            ("KAFKA_SSL_KEY_LOCATION", file(format!("{user}.key"))),
        ]
    }

    /// A client of the library that comes as a user.
    pub(crate) fn client(&self, user: &str) -> ClientConfig {
        let [(_, servers), (_, ca), (_, certificate), (_, key)] = self.access(user);
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", servers)
            .set("group.id", user)
            .set("security.protocol", "ssl")
            .set("ssl.ca.location", ca)
            .set("ssl.certificate.location", certificate)
            .set("ssl.key.location", key);
        client
    }

    fn create_topics(&self, kafka: &[Value]) {
        let settings = |topic: &Value| -> Vec<(String, String)> {
            let config = at(topic, "spec/config").as_object().into_iter().flatten();
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            config.map(|(name, value)| (name.clone(), text(value))).collect()
        };
        let all: Vec<_> = of_kind(kafka, "KafkaTopic")
            .map(|topic| (topics::name(topic), at(topic, "spec/partitions"), settings(topic)))
            .collect();
        let new = all.iter().map(|(name, partitions, settings)| {
            let partitions = partitions.as_i64().unwrap().try_into().unwrap();
            let new = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
            settings.iter().fold(new, |new, (name, value)| new.set(name, value))
        });
        let new: Vec<NewTopic<'_>> = new.collect();
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &self.plain).create().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let made = runtime.block_on(admin.create_topics(&new, &AdminOptions::new())).unwrap();
        assert!(made.iter().all(Result::is_ok), "{made:?}");
    }

    /// Gives the users their rights. The client library has no call for it.
    fn allow<'a>(&self, users: impl Iterator<Item = &'a Value>) {
        const ALLOW: i8 = 3;
        let string = |text: &str| StrBytes::from_string(text.to_owned());
        let creations = users.flat_map(|user| {
            let principal = format!("User:CN={}", text(user, "metadata/name"));
            list(user, "spec/authorization/acls").flat_map(move |rule| {
                let (kind, name, form) = match text(rule, "resource/type") {
                    "cluster" => ("cluster", "kafka-cluster", "literal"),
                    kind => (kind, text(rule, "resource/name"), text(rule, "resource/patternType")),
                };
                let resource = AclCreation::default()
                    .with_resource_type(resource_type(kind))
                    .with_resource_name(string(name))
                    .with_resource_pattern_type(pattern(form))
                    .with_principal(string(&principal))
                    .with_host(string("*"))
                    .with_permission_type(ALLOW);
                list(rule, "operations").map(move |name| {
                    resource.clone().with_operation(operation(name.as_str().unwrap()))
                })
            })
        });
        let request = CreateAclsRequest::default().with_creations(creations.collect());
        let response: CreateAclsResponse = ask(&self.plain, ApiKey::CreateAcls, 3, &request);
        assert_eq!(response.results.len(), request.creations.len());
        for (result, creation) in response.results.iter().zip(&request.creations) {
            assert_eq!(result.error_code, 0, "{creation:?}: {:?}", result.error_message);
        }
        // It answers before it goes by them.
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.rights() < request.creations.len() {
            assert!(Instant::now() < deadline, "the broker does not take the rights over");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many rights the broker goes by.
    fn rights(&self) -> usize {
        const ANY: i8 = 1;
        let request = DescribeAclsRequest::default()
            .with_resource_type_filter(ANY)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(ANY)
            .with_principal_filter(None)
            .with_host_filter(None)
            .with_operation(ANY)
            .with_permission_type(ANY);
        let response: DescribeAclsResponse = ask(&self.plain, ApiKey::DescribeAcls, 3, &request);
        response.resources.iter().map(|resource| resource.acls.len()).sum()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let stopped = Command::new(SCRIPT).arg("stop").arg(self.directory.path()).status();
        assert!(stopped.unwrap().success());
    }
}

// Kafka's numbers for Strimzi's words.

fn resource_type(word: &str) -> i8 {
    let known = [("topic", 2), ("group", 3), ("cluster", 4), ("transactionalId", 5)];
    number(&known, word)
}

fn pattern(word: &str) -> i8 {
    number(&[("literal", 3), ("prefix", 4)], word)
}

fn operation(word: &str) -> i8 {
    let known = [("All", 2), ("Read", 3), ("Write", 4), ("Describe", 8), ("DescribeConfigs", 10)];
    number(&known, word)
}

fn number(known: &[(&str, i8)], word: &str) -> i8 {
    let found = known.iter().find(|(name, _)| *name == word);
    found.unwrap_or_else(|| panic!("{word} is none of {known:?}")).1
}

/// Sends one request, and waits for its answer.
fn ask<Answer: Decodable>(
    server: &str,
    key: ApiKey,
    version: i16,
    request: &impl Encodable,
) -> Answer {
    let mut frame = BytesMut::new();
    let header =
        RequestHeader::default().with_request_api_key(key as i16).with_request_api_version(version);
    header.encode(&mut frame, key.request_header_version(version)).unwrap();
    request.encode(&mut frame, version).unwrap();
    let mut connection = TcpStream::connect(server).unwrap();
    connection.write_all(&u32::try_from(frame.len()).unwrap().to_be_bytes()).unwrap();
    connection.write_all(&frame).unwrap();
    let mut length = [0; 4];
    connection.read_exact(&mut length).unwrap();
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    connection.read_exact(&mut answer).unwrap();
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode(&mut answer, key.response_header_version(version)).unwrap();
    let decoded = Answer::decode(&mut answer, version).unwrap();
    assert!(!answer.has_remaining(), "an answer of another version");
    decoded
}
