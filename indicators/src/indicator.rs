//! The one trait that every indicator answers to, and the same without its
//! types. What the author of an indicator writes is smaller: see [`crate::kernel`].

use crate::catalog::Info;
use crate::io::{Field, Input, Output, Values};
use crate::parameter::Arguments;
use std::fmt::Debug;

/// An indicator: bars in, one at a time, values out.
pub trait Indicator {
    /// What it reads of a bar: a number, or the few fields it needs.
    type Input: Input;
    /// What it gives: a number, or a struct of several.
    type Output: Output;

    /// How many bars pass before the first value.
    fn lookback(&self) -> usize;

    /// Takes a closed bar. `None` for exactly the first [`lookback`](Self::lookback)
    /// bars, then always a value.
    ///
    /// An input that is NaN or infinite changes nothing and gives `None`.
    fn update(&mut self, input: Self::Input) -> Option<Self::Output>;

    /// What [`update`](Self::update) would return for a bar that is still
    /// forming. Commits nothing.
    fn peek(&self, input: Self::Input) -> Option<Self::Output>;

    /// Forgets every bar.
    fn reset(&mut self);

    /// Takes many closed bars: one column for each field of the input, one
    /// column to fill for each field of the output. Row for row what
    /// [`update`](Self::update) returns, `NaN` for `None`.
    ///
    /// # Errors
    /// When the number of columns is not that of the fields, or when they are
    /// not all of one length. Nothing has been taken then.
    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let Some((columns, rows)) = Self::Input::columns(inputs) else {
            return Err(ColumnsError::new::<Self::Input, Self::Output>(inputs, outputs));
        };
        let Some(mut filled) = Self::Output::columns(outputs, rows) else {
            return Err(ColumnsError::new::<Self::Input, Self::Output>(inputs, outputs));
        };
        for row in 0..rows {
            let output = Self::Input::row(columns, row).and_then(|input| self.update(input));
            Self::Output::write(output, &mut filled, row);
        }
        Ok(())
    }
}

/// Columns that do not fit an indicator.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "columns of {inputs:?} rows in and {outputs:?} rows out, expected {expected_inputs} in and {expected_outputs} out, all of one length"
)]
pub struct ColumnsError {
    /// The lengths of the input columns.
    pub inputs: Vec<usize>,
    /// The lengths of the output columns.
    pub outputs: Vec<usize>,
    /// How many input columns the indicator reads.
    pub expected_inputs: usize,
    /// How many output columns it fills.
    pub expected_outputs: usize,
}

/// A state that cannot be restored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The bytes are no state of this kind of indicator.
    #[error("{indicator}: the saved state cannot be read")]
    Unreadable {
        /// The indicator's name.
        indicator: &'static str,
    },
    /// The state belongs to other parameters.
    #[error(
        "{indicator}: the saved state is of {indicator}({saved}), expected {indicator}({expected})"
    )]
    OtherParameters {
        /// The indicator's name.
        indicator: &'static str,
        /// The parameters in the state.
        saved: String,
        /// The parameters of the indicator that was to take it.
        expected: String,
    },
}

/// An indicator whose type is not known: what the catalog and the expressions
/// work with.
pub trait DynIndicator: Debug + Send + Sync {
    /// Its entry in the catalog.
    fn info(&self) -> &'static Info;
    /// The values of its parameters.
    fn arguments(&self) -> &Arguments;
    /// Its outputs.
    fn fields(&self) -> &'static [Field];
    /// See [`Indicator::lookback`].
    fn lookback(&self) -> usize;
    /// See [`Indicator::update`]; `None` also when the number of fields is wrong.
    fn update(&mut self, fields: &[f64]) -> Option<Values>;
    /// See [`Indicator::peek`]; `None` also when the number of fields is wrong.
    fn peek(&self, fields: &[f64]) -> Option<Values>;
    /// See [`Indicator::reset`].
    fn reset(&mut self);
    /// See [`Indicator::batch`].
    ///
    /// # Errors
    /// As there.
    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError>;
    /// A copy that goes its own way.
    fn boxed(&self) -> Box<dyn DynIndicator>;
    /// The whole state as bytes.
    fn save(&self) -> Vec<u8>;
    /// Takes over a state that [`save`](Self::save) gave.
    ///
    /// # Errors
    /// When the bytes are not the state of this indicator with these
    /// parameters. The indicator is then as it was.
    fn load(&mut self, state: &[u8]) -> Result<(), StateError>;
}

impl Clone for Box<dyn DynIndicator> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

impl ColumnsError {
    #[cold]
    fn new<I: Input, O: Output>(inputs: &[&[f64]], outputs: &[&mut [f64]]) -> Self {
        Self {
            inputs: inputs.iter().map(|column| column.len()).collect(),
            outputs: outputs.iter().map(|column| column.len()).collect(),
            expected_inputs: I::SOURCES.len(),
            expected_outputs: O::FIELDS.len(),
        }
    }
}
