//! Everything that can go wrong, each with the one line that says so.

use crate::bars::BarsError;
use crate::records::RecordsError;
use indicators::expr::{ExpressionError, SnapshotError};
use indicators::{ColumnsError, Expression};
use std::io;
use std::path::PathBuf;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The options are wrong.
    #[error("{0}, see `ta --help`")]
    Arguments(String),
    /// The backend is not in this build.
    #[cfg(not(feature = "talib"))]
    #[error(
        "--backend talib: this build is without TA-Lib, build it with `--features cli,talib` to have it"
    )]
    NoTaLib,
    /// An expression is wrong.
    #[error("--expr '{text}': {error}")]
    Expression {
        /// As it was given.
        text: String,
        /// What is wrong with it.
        error: ExpressionError,
    },
    /// Two expressions would give columns of one name.
    #[error("--expr '{text}': `{name}` is given twice")]
    Twice {
        /// As it was given.
        text: String,
        /// The canonical form of both.
        name: String,
    },
    /// The input cannot be opened.
    #[error("{file}: {error}")]
    Open {
        /// Its name.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The input is not made of rows and cells.
    #[error("{file}:{error}")]
    Records {
        /// Its name.
        file: String,
        /// Where and why.
        error: RecordsError,
    },
    /// A row or the header holds what no bar can be made of.
    #[error("{file}:{line}: {error}")]
    Bars {
        /// Its name.
        file: String,
        /// Where.
        line: u64,
        /// What is wrong.
        error: BarsError,
    },
    /// The snapshot cannot be used.
    #[error("{}: {error}", path.display())]
    Saved {
        /// Its file.
        path: PathBuf,
        /// Why.
        error: SavedError,
    },
    /// The output cannot be written any more, and a snapshot was asked for.
    #[error("{}: the snapshot was not written, since the output ended early: {error}", path.display())]
    NotSaved {
        /// The snapshot's file.
        path: PathBuf,
        /// Why the output ended.
        error: io::Error,
    },
    /// The C library refused a call.
    #[error("{0}")]
    Library(String),
    /// The output cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
    /// Columns that do not fit: a mistake of this program.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
}

/// Why a run's snapshot can be neither written nor taken up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("no snapshot of `ta compute`")]
    Unreadable,
    #[error("the snapshot goes on for {more} bytes after its end")]
    TooLong { more: usize },
    #[error("the snapshot would overwrite the input")]
    IsInput,
    #[error("the snapshot has format version {found}, expected {expected}")]
    OtherFormat { found: u32, expected: u32 },
    #[error("the snapshot is of the backend {found}, expected {expected}")]
    OtherBackend { found: String, expected: &'static str },
    #[error("the snapshot is of {found}, expected {expected}")]
    OtherExpressions { found: String, expected: String },
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
}

impl SavedError {
    pub(crate) fn other_expressions(found: &[&str], expected: &[Expression]) -> Self {
        let list = |names: Vec<String>| names.join(", ");
        Self::OtherExpressions {
            found: list(found.iter().map(|name| format!("`{name}`")).collect()),
            expected: list(expected.iter().map(|name| format!("`{name}`")).collect()),
        }
    }
}
