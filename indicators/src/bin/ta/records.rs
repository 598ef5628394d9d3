//! The rows of a CSV file with their exact text: where a row ends, where its
//! cells are, and nothing of what they mean. Rows are as RFC 4180 has them
//! (commas, quoted cells with commas, quotes and line ends in them), with LF or
//! CRLF. Not the crate csv: it gives what cells mean, and a cell that passes
//! through must come out as it was written, quotes and all.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::ops::Range;

/// Longer than any row that is meant: a bound, so that a quote that is left open
/// does not take in the rest of the file.
const LONGEST: usize = 1 << 24;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Text that has no rows in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordsError {
    #[error("{line}: {error}")]
    Read { line: u64, error: io::Error },
    #[error("{line}: column {column}: a quote is opened and never closed")]
    OpenQuote { line: u64, column: usize },
    #[error("{line}: column {column}: the row is longer than {LONGEST} bytes")]
    TooLong { line: u64, column: usize },
    #[error("{line}: column 1: the line is empty, expected a row")]
    Blank { line: u64 },
}

/// One row: its text, and where the cells are in it.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// The line that it begins in, from 1.
    pub(crate) line: u64,
    raw: Vec<u8>,
    cells: Vec<Range<usize>>,
    /// Where the line end begins.
    end: usize,
}

impl Record {
    /// The text without the line end.
    pub(crate) fn text(&self) -> &[u8] {
        self.raw.get(..self.end).unwrap_or_default()
    }

    /// `\n`, `\r\n`, or nothing at the end of a file.
    pub(crate) fn line_end(&self) -> &[u8] {
        self.raw.get(self.end..).unwrap_or_default()
    }

    /// What the cells say, in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len()).filter_map(|index| self.cell(index))
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    fn is_blank(&self) -> bool {
        matches!(self.cells.as_slice(), [cell] if cell.is_empty())
    }

    /// What the cell at `index` says, without quotes and the spaces around it.
    pub(crate) fn cell(&self, index: usize) -> Option<Cow<'_, str>> {
        let bytes = self.raw.get(self.cells.get(index)?.clone())?.trim_ascii();
        let inner = bytes.strip_prefix(b"\"").and_then(|bytes| bytes.strip_suffix(b"\""));
        let text = String::from_utf8_lossy(inner.unwrap_or(bytes));
        Some(match inner {
            Some(_) if text.contains('"') => text.replace("\"\"", "\"").into(),
            _ => text,
        })
    }
}

/// Where the reading is in a row.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    CellStart,
    Bare,
    Quoted,
    /// After a quote in a quoted cell: its end, or the first of two.
    Quote,
}

/// Reads a file row by row.
#[derive(Debug)]
pub(crate) struct Records<R> {
    input: R,
    lines: u64,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, lines: 0 }
    }

    pub(crate) fn input(&self) -> &R {
        &self.input
    }

    /// Reads the next row into `record`; false at the end of the file. Empty lines
    /// may stand there, and nowhere else.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, RecordsError> {
        if !self.read_one(record)? {
            return Ok(false);
        }
        let line = record.line;
        let blank = record.is_blank();
        while record.is_blank() {
            if !self.read_one(record)? {
                return Ok(false);
            }
        }
        if blank { Err(RecordsError::Blank { line }) } else { Ok(true) }
    }

    fn read_one(&mut self, record: &mut Record) -> Result<bool, RecordsError> {
        record.line = self.lines + 1;
        record.raw.clear();
        record.cells.clear();
        let mut place = Place::CellStart;
        let (mut at, mut cell) = (0, 0);
        loop {
            let before = record.raw.len();
            self.read_line(record)?;
            let open = place == Place::Quoted;
            if record.raw.len() == before {
                let column = record.cells.len() + 1;
                return match open {
                    true => Err(RecordsError::OpenQuote { line: record.line, column }),
                    false => Ok(false),
                };
            }
            if self.lines == 1 && record.raw.starts_with(BYTE_ORDER_MARK) {
                (at, cell) = (BYTE_ORDER_MARK.len(), BYTE_ORDER_MARK.len());
            }
            while let Some(byte) = record.raw.get(at) {
                place = match (place, byte) {
                    (Place::Quoted, b'"') => Place::Quote,
                    (Place::Quoted, _) => Place::Quoted,
                    (Place::Quote, b'"') => Place::Quoted,
                    (_, b',') => {
                        record.cells.push(cell..at);
                        cell = at + 1;
                        Place::CellStart
                    }
                    (_, b'\n') => break,
                    (Place::CellStart, b'"') => Place::Quoted,
                    (Place::CellStart, b' ') => Place::CellStart,
                    _ => Place::Bare,
                };
                at += 1;
            }
            if place != Place::Quoted {
                record.end = end_of_text(&record.raw, at);
                record.cells.push(cell..record.end);
                return Ok(true);
            }
        }
    }

    /// Appends one line with its end; nothing at the end of the file.
    fn read_line(&mut self, record: &mut Record) -> Result<(), RecordsError> {
        let room = (LONGEST + 1).saturating_sub(record.raw.len());
        let read = self.input.by_ref().take(room as u64).read_until(b'\n', &mut record.raw);
        let read = read.map_err(|error| RecordsError::Read { line: self.lines + 1, error })?;
        if record.raw.len() > LONGEST {
            let column = record.cells.len() + 1;
            return Err(RecordsError::TooLong { line: record.line, column });
        }
        self.lines += u64::from(read > 0);
        Ok(())
    }
}

/// Where a line end that is at `at` begins, with the `\r` of a `\r\n`.
fn end_of_text(raw: &[u8], at: usize) -> usize {
    let text = raw.get(..at).unwrap_or(raw);
    let crlf = text.ends_with(b"\r") && at < raw.len();
    at - usize::from(crlf)
}
