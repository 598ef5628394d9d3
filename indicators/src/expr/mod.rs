//! Indicators by expression: `macd(close, 12, 26, 9)`, `sma(rsi(close, 14), 9)`,
//! `macd(close, fast=12, slow=26).signal`.
//!
//! An expression is a source (`open high low close volume hl2 hlc3 ohlc4`) or a
//! call. Names are case-insensitive. A call takes its inputs first and its
//! parameters after them, by position in TA-Lib's order or by name
//! (`fast_period=12`, or `fast=12`); a kind of moving average is always a name
//! (`bbands(close, 20, 2, 2, ema)`), never its number in TA-Lib. Inputs left out
//! are TA-Lib's: the close, or the fields of the bar that the indicator reads;
//! parameters left out take their defaults. Where TA-Lib knows an unstable period,
//! `unstable_period=30` holds the first values back for as many bars more; as it is
//! no parameter of TA-Lib's functions, it has no position among them, and is always
//! given by name. An expression prints back in one canonical form, which is also
//! the identity of its snapshots.

mod batch;
mod compile;
mod error;
mod node;
mod parse;
mod snapshot;

use crate::bar::{Bar, Source};
use crate::catalog::{self, Row};
use crate::io::{Field, Values};
pub use error::ExpressionError;
use node::Node;
pub use snapshot::SnapshotError;
use std::fmt;
use std::str::FromStr;

/// A running indicator, or several nested in each other, made from text.
///
/// # Example
/// ```
/// use indicators::{Bar, Expression};
///
/// let mut spread: Expression = "sma(hl2, period=2)".parse()?;
/// assert_eq!(spread.to_string(), "sma(hl2, 2)");
/// assert_eq!(spread.lookback(), 1);
/// assert_eq!(spread.update(&Bar::new(1.0, 3.0, 1.0, 2.0, 9.0)?), None);
/// let values = spread.update(&Bar::new(2.0, 5.0, 1.0, 4.0, 9.0)?);
/// assert_eq!(values.as_deref(), Some(&[2.5][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expression {
    root: Node,
    /// The one output asked for, where the root has several.
    output: Option<usize>,
}

impl Expression {
    /// Makes an expression of the indicators in `rows`. Parsing from a string
    /// takes this crate's own, [`catalog::rows`].
    ///
    /// # Errors
    /// Says what is wrong, and at which character.
    pub fn with_catalog(text: &str, rows: &[&'static Row]) -> Result<Self, ExpressionError> {
        compile::compile(text, rows)
    }

    /// How many bars pass before the first value.
    pub fn lookback(&self) -> usize {
        self.root.lookback()
    }

    /// The outputs, in the order of the values.
    pub fn fields(&self) -> &[Field] {
        let fields = self.root.fields();
        match self.output {
            Some(index) => fields.get(index..=index).unwrap_or(fields),
            None => fields,
        }
    }

    /// The series that it reads from bars, each once.
    pub fn sources(&self) -> Vec<Source> {
        Source::ALL.into_iter().filter(|source| self.root.reads(*source)).collect()
    }

    /// Takes a closed bar. See [`Indicator::update`](crate::Indicator::update).
    pub fn update(&mut self, bar: &Bar) -> Option<Values> {
        let values = self.root.update(bar);
        self.chosen(values)
    }

    /// What [`update`](Self::update) would return for a bar that is still
    /// forming. Commits nothing.
    pub fn peek(&self, bar: &Bar) -> Option<Values> {
        self.chosen(self.root.peek(bar))
    }

    /// Why values are missing, if they are; see
    /// [`DynIndicator::failure`](crate::DynIndicator::failure).
    pub fn failure(&self) -> Option<String> {
        let mut failure = None;
        self.root
            .for_each(&mut |indicator| failure = failure.take().or_else(|| indicator.failure()));
        failure
    }

    /// Forgets every bar.
    pub fn reset(&mut self) {
        self.root.reset();
    }

    fn chosen(&self, values: Option<Values>) -> Option<Values> {
        match self.output {
            Some(index) => Some(Values::new([*values?.get(index)?])),
            None => values,
        }
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::with_catalog(text, catalog::rows())
    }
}

/// The canonical form.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.root)?;
        match (self.output, self.fields()) {
            (Some(_), [field]) => write!(f, ".{}", field.name),
            _ => Ok(()),
        }
    }
}
