//! Why a trial could not be held. A fault that shows in the output is no error
//! here: it is the verdict.

use std::io;

/// What went wrong with the trial itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file, process or connection could not be had.
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
    /// A topic could not be read.
    #[error("could not read topic {topic}: {reason}")]
    Read {
        /// The topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// Something did not happen in time.
    #[error("waited in vain: {0}")]
    InVain(String),
}

impl Error {
    pub(crate) fn system(action: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let action = action.into();
        move |reason| Error::System { action, reason }
    }
}
