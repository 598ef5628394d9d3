//! From the cells of a row to a bar: which columns the expressions read, found
//! by their names in the header, and what is wrong where a cell is no number.
//! Cells that no expression reads are not looked at.

use crate::records::Record;
use indicators::{Bar, BarError, Expression, Source};

/// The columns of a bar, in the order of [`Bar::new`].
const COLUMNS: [Source; 5] =
    [Source::Open, Source::High, Source::Low, Source::Close, Source::Volume];

/// Columns or cells that no bar can be made of. Columns count from 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BarsError {
    #[error("expected a header, found the end of the file")]
    NoHeader,
    #[error("no column `{name}`, which `{expression}` reads, in the header: {found}")]
    MissingColumn { name: &'static str, expression: String, found: String },
    #[error("column {column}: a second column `{name}`")]
    SecondColumn { column: usize, name: &'static str },
    #[error("column {column}: the file already has a column `{name}`")]
    TakenName { column: usize, name: String },
    #[error(
        "column {column} ({name}): missing, the row has {found} cells and the header {expected}"
    )]
    TooFewCells { column: usize, name: String, found: usize, expected: usize },
    #[error("column {column}: one too many, the row has {found} cells and the header {expected}")]
    TooManyCells { column: usize, found: usize, expected: usize },
    #[error("column {column} ({name}): empty, expected a number")]
    Empty { column: usize, name: String },
    #[error("column {column} ({name}): {found} is no number")]
    NoNumber { column: usize, name: String, found: String },
    #[error("column {column} ({name}): {found} is no finite number")]
    NotFinite { column: usize, name: String, found: String },
    #[error(transparent)]
    Bar(#[from] BarError),
}

/// Where the numbers of a bar stand in a row.
#[derive(Debug)]
pub(crate) struct Columns {
    header: Vec<String>,
    /// The cell of each of [`COLUMNS`]; `None` for those that no expression reads.
    cells: [Option<usize>; COLUMNS.len()],
}

impl Columns {
    /// Finds the columns that `expressions` read. None may have one of the names
    /// in `appended`.
    pub(crate) fn find(
        header: &Record,
        expressions: &[Expression],
        appended: &[String],
    ) -> Result<Self, BarsError> {
        let header: Vec<String> = header.cells().map(|cell| cell.trim().to_owned()).collect();
        for (index, name) in header.iter().enumerate() {
            if appended.contains(name) {
                return Err(BarsError::TakenName { column: index + 1, name: name.clone() });
            }
        }
        let mut cells = [None; COLUMNS.len()];
        for (slot, column) in cells.iter_mut().zip(COLUMNS) {
            let reads = |expression: &&Expression| {
                expression.sources().iter().any(|source| parts(*source).contains(&column))
            };
            let Some(expression) = expressions.iter().find(reads) else { continue };
            let name = column.name();
            let mut found =
                header.iter().enumerate().filter(|(_, text)| text.eq_ignore_ascii_case(name));
            let Some((index, _)) = found.next() else {
                let (expression, found) = (expression.to_string(), header.join(", "));
                return Err(BarsError::MissingColumn { name, expression, found });
            };
            if let Some((second, _)) = found.next() {
                return Err(BarsError::SecondColumn { column: second + 1, name });
            }
            *slot = Some(index);
        }
        Ok(Self { header, cells })
    }

    /// The bar in a row; zero in the columns that no expression reads.
    pub(crate) fn bar(&self, row: &Record) -> Result<Bar, BarsError> {
        let (found, expected) = (row.len(), self.header.len());
        if found < expected {
            let name = self.name(found);
            return Err(BarsError::TooFewCells { column: found + 1, name, found, expected });
        }
        if found > expected {
            return Err(BarsError::TooManyCells { column: expected + 1, found, expected });
        }
        let number = |cell: Option<usize>| cell.map_or(Ok(0.0), |index| self.number(row, index));
        let [open, high, low, close, volume] = self.cells;
        let (open, high, low) = (number(open)?, number(high)?, number(low)?);
        Ok(Bar::new(open, high, low, number(close)?, number(volume)?)?)
    }

    fn number(&self, row: &Record, index: usize) -> Result<f64, BarsError> {
        let cell = row.cell(index).unwrap_or_default();
        let text = cell.trim();
        let (column, name) = (index + 1, || self.name(index));
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(BarsError::NotFinite { column, name: name(), found: shown(text) }),
            Err(_) if text.is_empty() => Err(BarsError::Empty { column, name: name() }),
            Err(_) => Err(BarsError::NoNumber { column, name: name(), found: shown(text) }),
        }
    }

    fn name(&self, index: usize) -> String {
        self.header.get(index).cloned().unwrap_or_default()
    }
}

/// The columns that a source is made of.
fn parts(source: Source) -> &'static [Source] {
    match source {
        Source::Open => &[Source::Open],
        Source::High => &[Source::High],
        Source::Low => &[Source::Low],
        Source::Close => &[Source::Close],
        Source::Volume => &[Source::Volume],
        Source::Hl2 => &[Source::High, Source::Low],
        Source::Hlc3 => &[Source::High, Source::Low, Source::Close],
        Source::Ohlc4 => &[Source::Open, Source::High, Source::Low, Source::Close],
        _ => &COLUMNS,
    }
}

/// In quotes, on one line, and short.
fn shown(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}
