//! The one trait that every indicator answers to. What the author of an
//! indicator writes is smaller: see [`crate::kernel`].

use crate::io::{Input, Output};

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
    /// Up to several times faster than updates where all bars are finite, and, on
    /// x86-64, where the processor has AVX2 and FMA; else as fast.
    ///
    /// # Errors
    /// When the number of columns is not that of the fields, or when they are
    /// not all of one length. Nothing has been taken then.
    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let expected = (Self::Input::SOURCES.len(), Self::Output::FIELDS.len());
        let Some((columns, rows)) = Self::Input::columns(inputs) else {
            return Err(ColumnsError::new(inputs, outputs, expected));
        };
        let Some(mut filled) = Self::Output::columns(outputs, rows) else {
            return Err(ColumnsError::new(inputs, outputs, expected));
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

impl ColumnsError {
    /// `expected` is how many columns go in and come out.
    #[cold]
    pub(crate) fn new(inputs: &[&[f64]], outputs: &[&mut [f64]], expected: (usize, usize)) -> Self {
        let (expected_inputs, expected_outputs) = expected;
        let inputs = inputs.iter().map(|column| column.len()).collect();
        let outputs = outputs.iter().map(|column| column.len()).collect();
        Self { inputs, outputs, expected_inputs, expected_outputs }
    }
}
