//! The batch form of an expression: every indicator in it runs over whole
//! columns, inputs before those that read them.

use super::Expression;
use super::node::{InputNode, Node};
use crate::bar::Bar;
use crate::indicator::ColumnsError;

impl Expression {
    /// Takes many closed bars; one column to fill for each of
    /// [`fields`](Self::fields). Row for row what [`update`](Self::update)
    /// returns, `NaN` for `None`. Allocates one column for each series that an
    /// indicator in the expression reads.
    ///
    /// # Errors
    /// When the number of columns is not that of the outputs, or when one is not
    /// as long as `bars`. Nothing has been taken then.
    ///
    /// # Example
    /// ```
    /// use indicators::{Bar, Expression};
    ///
    /// let bars = [1.0, 2.0, 4.0].map(|close| Bar::new(close, close, close, close, 1.0));
    /// let bars: Vec<Bar> = bars.into_iter().collect::<Result<_, _>>()?;
    /// let mut out = [0.0; 3];
    /// "sma(close, 2)".parse::<Expression>()?.batch(&bars, &mut [&mut out])?;
    /// assert!(out[0].is_nan());
    /// assert_eq!(out[1..], [1.5, 3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn batch(&mut self, bars: &[Bar], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let expected = self.fields().len();
        let rows = bars.len();
        if outputs.len() != expected || outputs.iter().any(|output| output.len() != rows) {
            return Err(ColumnsError {
                inputs: vec![rows],
                outputs: outputs.iter().map(|output| output.len()).collect(),
                expected_inputs: 1,
                expected_outputs: expected,
            });
        }
        match (self.output, outputs) {
            (Some(chosen), [output]) => {
                output.copy_from_slice(&self.root.column(chosen, bars)?);
                Ok(())
            }
            (_, outputs) => self.root.fill(bars, outputs),
        }
    }
}

impl Node {
    fn fill(&mut self, bars: &[Bar], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        match self {
            Node::Source(source) => {
                for output in outputs {
                    output.iter_mut().zip(bars).for_each(|(slot, bar)| *slot = source.of(bar));
                }
                Ok(())
            }
            Node::Call { indicator, inputs, .. } => {
                let column = |input: &mut InputNode| input.node.column(input.output, bars);
                let columns = inputs.iter_mut().map(column).collect::<Result<Vec<_>, _>>()?;
                let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
                indicator.batch(&columns, outputs)
            }
        }
    }

    /// One of the outputs alone.
    fn column(&mut self, output: usize, bars: &[Bar]) -> Result<Vec<f64>, ColumnsError> {
        let mut columns = vec![vec![0.0; bars.len()]; self.fields().len()];
        let mut filled: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        self.fill(bars, &mut filled)?;
        Ok(columns.swap_remove(output))
    }
}
