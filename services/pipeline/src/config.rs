//! How a service reaches Kafka and which topics it works on: as command-line
//! options and environment variables, and as the plain struct that the rest of
//! the library takes. How that becomes a client is in `clients`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use crate::error::Error;
use crate::registry::{RegistryArgs, RegistryConfig};
use crate::security::SecurityArgs;

/// Where the brokers are and how to be admitted to them.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Kafka")]
pub struct ConnectionArgs {
    /// Brokers to start from, `host:port` separated by commas
    #[arg(long, env = "KAFKA_BOOTSTRAP_SERVERS", value_name = "HOST:PORT,..")]
    kafka_bootstrap_servers: String,
    #[command(flatten)]
    security: SecurityArgs,
}

/// The options that every service shares. Flatten them into a service's own with
/// `#[command(flatten)]`, then call [`KafkaArgs::resolve`].
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Kafka")]
pub struct KafkaArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Topic to read [default: by service]
    #[arg(long, env = "KAFKA_INPUT_TOPIC", value_name = "TOPIC")]
    kafka_input_topic: Option<String>,
    /// Topic to write [default: by service]
    #[arg(long, env = "KAFKA_OUTPUT_TOPIC", value_name = "TOPIC")]
    kafka_output_topic: Option<String>,
    /// Consumer group; also the name of the service's state [default: by service]
    #[arg(long, env = "KAFKA_CONSUMER_GROUP", value_name = "GROUP")]
    kafka_consumer_group: Option<String>,
    /// This instance's name within the group, the same after a restart. With it the
    /// instance keeps its partitions for KAFKA_SESSION_TIMEOUT_MS when it stops, and
    /// a restart finds them again; without, others take them over at once, and what a
    /// killed one had open is over after KAFKA_TRANSACTION_TIMEOUT_MS
    /// [default: host's name and process id, for transactions only]
    #[arg(long, env = "KAFKA_INSTANCE_ID", value_name = "NAME")]
    kafka_instance_id: Option<String>,
    /// Longest time between two commits, in milliseconds
    #[arg(long, env = "COMMIT_INTERVAL_MS", default_value_t = 100, value_name = "MS")]
    commit_interval_ms: u64,
    /// Partitions of topics that do not exist yet
    #[arg(long, env = "KAFKA_TOPIC_PARTITIONS", default_value_t = 4, value_name = "N")]
    kafka_topic_partitions: i32,
    /// Replicas of topics that do not exist yet; -1 is the broker's default
    #[arg(long, env = "KAFKA_TOPIC_REPLICATION", default_value_t = -1, value_name = "N",
          allow_negative_numbers = true)]
    kafka_topic_replication: i32,
    /// Silence after which an instance's partitions go to others, in milliseconds
    #[arg(long, env = "KAFKA_SESSION_TIMEOUT_MS", default_value_t = 10_000, value_name = "MS")]
    kafka_session_timeout_ms: u64,
    /// Time after which the broker aborts the transaction of a dead instance, in
    /// milliseconds
    #[arg(long, env = "KAFKA_TRANSACTION_TIMEOUT_MS", default_value_t = 10_000, value_name = "MS")]
    kafka_transaction_timeout_ms: u64,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// What a service reads and writes when the user does not say.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// Topic to read. A source of trades reads none and has an empty one.
    pub input_topic: &'static str,
    /// Topic to write.
    pub output_topic: &'static str,
    /// Consumer group.
    pub consumer_group: &'static str,
}

/// How a service reaches Kafka, which topics it works on, and its pace.
#[derive(Clone)]
pub struct KafkaConfig {
    /// Brokers to start from, `host:port` separated by commas.
    pub bootstrap_servers: String,
    /// Topic to read.
    pub input_topic: String,
    /// Topic to write.
    pub output_topic: String,
    /// Consumer group, and the first part of the changelog's name.
    pub consumer_group: String,
    /// This instance's name within the group. Whoever starts with the same name
    /// takes over from the one before.
    pub instance_id: String,
    /// Whether the instance keeps its partitions while it restarts, for as long as
    /// `session_timeout`; else the group gives them to others when it stops.
    pub static_member: bool,
    /// Longest time between two commits.
    pub commit_interval: Duration,
    /// Partitions of topics that do not exist yet.
    pub topic_partitions: i32,
    /// Replicas of topics that do not exist yet; -1 is the broker's default.
    pub topic_replication: i32,
    /// Silence after which the group gives an instance's partitions to others.
    pub session_timeout: Duration,
    /// Time after which the broker aborts the transaction of a dead instance.
    pub transaction_timeout: Duration,
    /// TLS and SASL, in librdkafka's own names. Never logged.
    pub security: BTreeMap<&'static str, String>,
    /// The schema registry; messages are JSON without one.
    pub registry: Option<RegistryConfig>,
}

impl std::fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("input_topic", &self.input_topic)
            .field("output_topic", &self.output_topic)
            .field("consumer_group", &self.consumer_group)
            .field("instance_id", &self.instance_id)
            .field("commit_interval", &self.commit_interval)
            .finish_non_exhaustive()
    }
}

impl KafkaConfig {
    /// A configuration in code, with the defaults of the command line. The
    /// instance is called `local`.
    #[must_use]
    pub fn new(bootstrap_servers: impl Into<String>, defaults: Defaults) -> KafkaConfig {
        KafkaConfig {
            bootstrap_servers: bootstrap_servers.into(),
            input_topic: defaults.input_topic.to_owned(),
            output_topic: defaults.output_topic.to_owned(),
            consumer_group: defaults.consumer_group.to_owned(),
            instance_id: "local".to_owned(),
            static_member: true,
            commit_interval: Duration::from_millis(100),
            topic_partitions: 4,
            topic_replication: -1,
            session_timeout: Duration::from_secs(10),
            transaction_timeout: Duration::from_secs(10),
            security: BTreeMap::new(),
            registry: None,
        }
    }

    /// Where unreadable input goes: `<input>.dlq`.
    #[must_use]
    pub fn dead_letter_topic(&self) -> String {
        format!("{}.dlq", self.input_topic)
    }

    /// Where input goes that came too late for its window: `<input>.late`.
    #[must_use]
    pub fn late_topic(&self) -> String {
        format!("{}.late", self.input_topic)
    }

    /// Where the state is kept: `<group>-changelog`.
    #[must_use]
    pub fn changelog_topic(&self) -> String {
        format!("{}-changelog", self.consumer_group)
    }

    /// The name under which the broker fences off this instance's predecessor:
    /// `<group>-<instance>`.
    #[must_use]
    pub fn transactional_id(&self) -> String {
        format!("{}-{}", self.consumer_group, self.instance_id)
    }
}

impl KafkaArgs {
    /// Fills in a service's defaults and checks the values.
    ///
    /// # Errors
    /// [`Error::Setting`], which names the variable and what was expected.
    pub fn resolve(self, defaults: Defaults) -> Result<KafkaConfig, Error> {
        let or = |value: Option<String>, default: &str| {
            value.filter(|v| !v.is_empty()).unwrap_or_else(|| default.to_owned())
        };
        if !(1..=60_000).contains(&self.commit_interval_ms) {
            return wrong("COMMIT_INTERVAL_MS", "expected 1 to 60000");
        }
        if !(1..=10_000).contains(&self.kafka_topic_partitions) {
            return wrong("KAFKA_TOPIC_PARTITIONS", "expected 1 to 10000");
        }
        if !matches!(self.kafka_topic_replication, -1 | 1..=100) {
            return wrong("KAFKA_TOPIC_REPLICATION", "expected -1 or 1 to 100");
        }
        if !(1_000..=1_800_000).contains(&self.kafka_session_timeout_ms) {
            return wrong("KAFKA_SESSION_TIMEOUT_MS", "expected 1000 to 1800000");
        }
        let shortest = (2 * self.commit_interval_ms).max(1_000);
        if !(shortest..=900_000).contains(&self.kafka_transaction_timeout_ms) {
            return wrong(
                "KAFKA_TRANSACTION_TIMEOUT_MS",
                format!("expected {shortest} to 900000, twice COMMIT_INTERVAL_MS at least"),
            );
        }
        let chosen = self.kafka_instance_id.filter(|v| !v.is_empty());
        let static_member = chosen.is_some();
        let instance_id = match chosen {
            Some(name) => name,
            None => {
                let host = hostname::get()
                    .map_err(Error::system("read the host's name (KAFKA_INSTANCE_ID)"))?;
                // Several on one host must not fence each other off. That an earlier
                // owner of a partition commits nothing more is the group's affair: it
                // lets nobody add offsets who is not of its present generation.
                format!("{}-{}", host.to_string_lossy(), std::process::id())
            }
        };
        Ok(KafkaConfig {
            input_topic: or(self.kafka_input_topic, defaults.input_topic),
            output_topic: or(self.kafka_output_topic, defaults.output_topic),
            consumer_group: or(self.kafka_consumer_group, defaults.consumer_group),
            instance_id,
            static_member,
            commit_interval: Duration::from_millis(self.commit_interval_ms),
            topic_partitions: self.kafka_topic_partitions,
            topic_replication: self.kafka_topic_replication,
            session_timeout: Duration::from_millis(self.kafka_session_timeout_ms),
            transaction_timeout: Duration::from_millis(self.kafka_transaction_timeout_ms),
            registry: self.registry.resolve()?,
            ..self.connection.resolve(defaults)?
        })
    }
}

impl ConnectionArgs {
    /// A configuration with these brokers, and the default of everything else.
    ///
    /// # Errors
    /// [`Error::Setting`], which names the variable and what was expected.
    pub fn resolve(self, defaults: Defaults) -> Result<KafkaConfig, Error> {
        if self.kafka_bootstrap_servers.trim().is_empty() {
            return wrong("KAFKA_BOOTSTRAP_SERVERS", "is empty, expected host:port");
        }
        Ok(KafkaConfig {
            security: self.security.resolve()?,
            ..KafkaConfig::new(self.kafka_bootstrap_servers, defaults)
        })
    }
}

fn wrong<T>(setting: &'static str, problem: impl Into<String>) -> Result<T, Error> {
    Err(Error::Setting { setting, problem: problem.into() })
}
