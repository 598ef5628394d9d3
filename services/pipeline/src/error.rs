//! What can go wrong in the pipeline, said to the person who reads it.

use rdkafka::error::KafkaError;

use crate::source::SourceError;

/// Why a service could not start, or could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or has a wrong value.
    #[error("{setting}: {problem}")]
    Setting {
        /// The setting's environment variable.
        setting: &'static str,
        /// What is wrong with its value, and what was expected.
        problem: String,
    },
    /// The service that was asked for its health did not say that it is well.
    #[error("the service at {address} (HTTP_ADDRESS) is not healthy: {problem}")]
    Unhealthy {
        /// Where it was asked.
        address: std::net::SocketAddr,
        /// What happened instead.
        problem: String,
    },
    /// No broker answered.
    #[error("no Kafka broker answers at {servers} (KAFKA_BOOTSTRAP_SERVERS): {reason}")]
    Unreachable {
        /// The addresses that were tried.
        servers: String,
        /// What the client says.
        reason: String,
    },
    /// A broker answered, and let this client not in.
    #[error("no Kafka broker at {servers} lets this client in ({settings}): {reason}")]
    NotAdmitted {
        /// The addresses that were tried.
        servers: String,
        /// The settings that it may come from.
        settings: &'static str,
        /// What the client says.
        reason: String,
    },
    /// A topic is not as the service needs it, and cannot be made so.
    #[error("topic {topic}: {problem}")]
    Topic {
        /// The topic.
        topic: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// A state record in the changelog cannot be used, or not be written. Going on
    /// without it would give wrong results.
    #[error("changelog {topic}, partition {partition}, key '{key}': {problem}")]
    State {
        /// The changelog topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// The record's key.
        key: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// The state in the changelog is not that of the group's offset. Going on
    /// would give wrong results.
    #[error(
        "changelog {topic}, partition {partition}: {problem}. Bring back the changelog from a \
         copy, or compute everything anew: delete the group's offsets, the changelog and the \
         output, or set another KAFKA_CONSUMER_GROUP and KAFKA_OUTPUT_TOPIC"
    )]
    Changelog {
        /// The changelog topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// What does not agree, with the offsets.
        problem: String,
    },
    /// The input is not that which the state was computed from. Going on would give
    /// wrong results.
    #[error(
        "topic {topic}, partition {partition}: {problem}. Bring back the topic, or compute \
         everything anew: delete the group's offsets, the changelog and the output, or set another \
         KAFKA_CONSUMER_GROUP and KAFKA_OUTPUT_TOPIC"
    )]
    Input {
        /// The input topic.
        topic: String,
        /// Its partition.
        partition: i32,
        /// What does not agree, with the offsets.
        problem: String,
    },
    /// The schema registry refuses what this build writes, holds what it cannot
    /// read, or cannot be asked.
    #[error("schema registry {url}: subject {subject}: {problem}")]
    Schema {
        /// The registry's address.
        url: String,
        /// The subject.
        subject: String,
        /// What is wrong, with the names of the fields.
        problem: String,
    },
    /// Another process with the same name has taken over, or the broker has given
    /// this one up. Nothing that it had not committed counts.
    #[error(
        "'{id}' has been taken over by another process with the same name, or was cut off for \
         longer than KAFKA_TRANSACTION_TIMEOUT_MS: {reason}"
    )]
    Fenced {
        /// The transactional id, or group and instance.
        id: String,
        /// What the broker says.
        reason: KafkaError,
    },
    /// The broker refused something that cannot be repeated.
    #[error("could not {action}: {reason}")]
    Kafka {
        /// What was tried.
        action: String,
        /// What the client says.
        reason: KafkaError,
    },
    /// The source of trades failed. Its earlier trades are published.
    #[error("the source '{name}' stopped: {reason}")]
    Source {
        /// The source.
        name: String,
        /// Why.
        reason: SourceError,
    },
    /// A message could not be encoded.
    #[error("a message for topic {topic} cannot be encoded: {reason}")]
    Encode {
        /// The topic it was meant for.
        topic: String,
        /// Why.
        reason: String,
    },
    /// The process could not get what it needs from the operating system.
    #[error("could not {action}: {reason}")]
    System {
        /// What was tried.
        action: String,
        /// Why it failed.
        reason: std::io::Error,
    },
    /// The embedded broker could not start.
    #[error("could not start the embedded broker: {0}")]
    EmbeddedBroker(std::io::Error),
}

impl Error {
    /// A Kafka error with what was tried.
    pub(crate) fn kafka(action: impl Into<String>) -> impl FnOnce(KafkaError) -> Error {
        let action = action.into();
        move |reason| Error::Kafka { action, reason }
    }

    /// An operating system error with what was tried.
    pub(crate) fn system(action: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let action = action.into();
        move |reason| Error::System { action, reason }
    }
}

/// Why a transaction cannot be committed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Abort, go back to the committed state, try again.
    Abort(String),
    /// Stop the service.
    Stop(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Stop(error)
    }
}
