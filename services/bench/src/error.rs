//! Why nothing could be measured.

use std::io;

use rdkafka::error::KafkaError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Kafka refused something.
    #[error("could not {action}: {reason}")]
    Kafka {
        /// What was tried.
        action: String,
        /// Why it failed.
        reason: KafkaError,
    },
    /// A file or process could not be had.
    #[error("could not {action}: {reason}")]
    System {
        /// What was tried.
        action: String,
        /// Why it failed.
        reason: io::Error,
    },
    /// A command ended with a failure.
    #[error("{command} failed: {said}")]
    Command {
        /// The command.
        command: String,
        /// What it wrote to stderr.
        said: String,
    },
    /// A service or its options refused.
    #[error(transparent)]
    Service(#[from] pipeline::Error),
    /// Something did not happen in time.
    #[error("waited in vain: {0}")]
    InVain(String),
    /// What came out is not what had to come out: there is nothing to measure.
    #[error("wrong output: {0}")]
    Output(String),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn kafka(action: impl Into<String>) -> impl FnOnce(KafkaError) -> Error {
        let action = action.into();
        move |reason| Error::Kafka { action, reason }
    }

    pub(crate) fn system(action: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let action = action.into();
        move |reason| Error::System { action, reason }
    }
}
