//! Files of recorded trades, read line by line in constant memory. What stands
//! in a line is `line`'s, when a trade is sent `replay`'s.

mod line;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use pipeline::message::Trade;

use crate::pair::Pair;
pub(crate) use line::seconds_as_ms;
use line::{Fault, Format, HEADER, text};

/// Longer than any line of numbers, short enough that a file without line ends
/// is refused instead of read into memory.
const LONGEST_LINE: usize = 1024;

/// Why a recording cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{}: {error}, expected a file of recorded trades", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// The file as a whole is not what it should be.
    #[error("{}: {found}, expected {expected}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A line is not what it should be.
    #[error("{}:{line}: {found}, expected {expected}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        found: String,
        /// What should be there.
        expected: String,
    },
}

/// An open file of trades, as an iterator over them in the file's order.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    pair: Pair,
    reader: BufReader<File>,
    format: Format,
    line: u64,
    rows: i64,
    buffer: Vec<u8>,
    // The first line of a file without a header is its first trade.
    first_line_pending: bool,
}

impl Recording {
    /// Opens the file and tells its format by its first line. `pair` is given
    /// to every trade; neither format holds it.
    ///
    /// # Errors
    /// The file is missing, empty, or neither of the two formats.
    pub fn open(path: &Path, pair: &Pair) -> Result<Self, RecordingError> {
        let unreadable = |error| RecordingError::Unreadable { path: path.to_owned(), error };
        let file = File::open(path).map_err(unreadable)?;
        // It is read twice, which a pipe cannot be.
        if !file.metadata().map_err(unreadable)?.is_file() {
            return Err(unreadable(io::Error::other("not a regular file")));
        }
        let mut recording = Self {
            path: path.to_owned(),
            pair: pair.clone(),
            reader: BufReader::with_capacity(64 * 1024, file),
            format: Format::KrakenHistory,
            line: 0,
            rows: 0,
            buffer: Vec::new(),
            first_line_pending: false,
        };
        if !recording.read_line()? {
            return Err(recording.file_error("the file is empty", HEADER));
        }
        match text(&recording.buffer).and_then(Format::of) {
            Ok(format) => recording.format = format,
            Err(fault) => return Err(recording.line_error(fault)),
        }
        recording.first_line_pending = matches!(recording.format, Format::KrakenHistory);
        Ok(recording)
    }

    fn file_error(&self, found: &str, expected: &str) -> RecordingError {
        RecordingError::File {
            path: self.path.clone(),
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
    }

    fn line_error(&self, (found, expected): Fault) -> RecordingError {
        RecordingError::Line { path: self.path.clone(), line: self.line, found, expected }
    }

    /// Reads the next line that is not blank into the buffer; `false` at the end.
    fn read_line(&mut self) -> Result<bool, RecordingError> {
        loop {
            self.buffer.clear();
            self.line += 1;
            let read = (&mut self.reader)
                .take(LONGEST_LINE as u64 + 1)
                .read_until(b'\n', &mut self.buffer)
                .map_err(|error| RecordingError::Unreadable { path: self.path.clone(), error })?;
            if read == 0 {
                return Ok(false);
            }
            if read > LONGEST_LINE {
                return Err(self.line_error((
                    format!("a line of more than {LONGEST_LINE} bytes"),
                    "one trade a line".to_owned(),
                )));
            }
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn read_trade(&mut self) -> Result<Option<Trade>, RecordingError> {
        if !std::mem::take(&mut self.first_line_pending) && !self.read_line()? {
            return Ok(None);
        }
        self.rows += 1;
        let parsed =
            text(&self.buffer).and_then(|line| self.format.trade(line, self.rows, &self.pair));
        match parsed {
            Ok(trade) => Ok(Some(trade)),
            Err(fault) => Err(self.line_error(fault)),
        }
    }
}

impl Iterator for Recording {
    type Item = Result<Trade, RecordingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_trade().transpose()
    }
}

/// What one pass over a whole recording tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of trades.
    pub trades: u64,
    /// The latest timestamp, in milliseconds since 1970 UTC.
    pub latest_ms: i64,
    /// How much older than an earlier line a later one is, at most, in milliseconds.
    pub disorder_ms: i64,
}

/// Reads a recording from end to end, in constant memory, and keeps nothing.
///
/// # Errors
/// The first line that is not a trade, or a file without any.
pub fn check(path: &Path, pair: &Pair) -> Result<Summary, RecordingError> {
    let mut recording = Recording::open(path, pair)?;
    let mut summary = Summary { trades: 0, latest_ms: i64::MIN, disorder_ms: 0 };
    while let Some(trade) = recording.read_trade()? {
        summary.trades += 1;
        summary.latest_ms = summary.latest_ms.max(trade.timestamp_ms);
        let behind_ms = summary.latest_ms - trade.timestamp_ms;
        summary.disorder_ms = summary.disorder_ms.max(behind_ms);
    }
    if summary.trades == 0 {
        return Err(recording.file_error("a header and no trades", "at least one trade"));
    }
    Ok(summary)
}
