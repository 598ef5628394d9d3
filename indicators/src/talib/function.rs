//! A function of the library at work, bar by bar, with types and without.

use super::{library, rows};
use crate::catalog::{Info, Row};
use crate::erased::{DynIndicator, StateError};
use crate::indicator::{ColumnsError, Indicator};
use crate::io::{Field, Input, Output, Values};
use crate::kernel::{Kernel, Machine, fitting};
use crate::parameter::{Arguments, ParameterError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;

/// A function of the library with the history that it computes over.
#[derive(Clone, Debug)]
pub struct Function {
    row: &'static Row,
    arguments: Arguments,
    lookback: usize,
    /// One column for each input.
    history: Vec<Vec<f64>>,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    arguments: Arguments,
    history: Vec<Vec<f64>>,
}

impl Function {
    /// `arguments` have been checked against the row.
    pub(super) fn new(row: &'static Row, arguments: Arguments) -> Self {
        let own = description(row).map(|function| function.lookback(arguments.values()));
        // The library says itself which parameters it takes, so it takes these.
        let own = own.and_then(Result::ok).unwrap_or_default();
        let lookback = own + arguments.unstable_period();
        let history = vec![Vec::new(); row.inputs.len()];
        Self { row, arguments, lookback, history }
    }

    fn push(&mut self, fields: &[f64]) -> bool {
        let good =
            fields.len() == self.history.len() && fields.iter().all(|field| field.is_finite());
        if good {
            self.history.iter_mut().zip(fields).for_each(|(column, field)| column.push(*field));
        }
        good
    }

    fn compute(&self) -> Option<(usize, Vec<Vec<f64>>)> {
        let columns: Vec<&[f64]> = self.history.iter().map(Vec::as_slice).collect();
        description(self.row)?.compute(self.arguments.values(), &columns).ok()
    }

    /// The values of the latest bar.
    fn latest(&self) -> Option<Values> {
        let bars = self.history.first()?.len();
        if bars <= self.lookback {
            return None;
        }
        let (_, outputs) = self.compute()?;
        let values: Vec<f64> = outputs.iter().filter_map(|output| output.last().copied()).collect();
        Values::from_slice(&values).filter(|values| values.len() == self.row.outputs.len())
    }

    fn revived(row: &'static Row, saved: Saved) -> Option<Self> {
        let mut function = Self::new(row, saved.arguments.checked_again(row.info).ok()?);
        let bars = saved.history.first()?.len();
        let finite = saved.history.iter().flatten().all(|value| value.is_finite());
        let whole = saved.history.len() == row.inputs.len()
            && saved.history.iter().all(|column| column.len() == bars);
        function.history = saved.history;
        (finite && whole).then_some(function)
    }

    fn saved(&self) -> Saved {
        Saved { arguments: self.arguments.clone(), history: self.history.clone() }
    }
}

fn description(row: &Row) -> Option<&'static library::Description> {
    library::functions().iter().find(|function| function.name == row.info.name)
}

impl DynIndicator for Function {
    fn info(&self) -> &'static Info {
        self.row.info
    }

    fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    fn fields(&self) -> &'static [Field] {
        self.row.outputs
    }

    fn lookback(&self) -> usize {
        self.lookback
    }

    fn update(&mut self, fields: &[f64]) -> Option<Values> {
        if self.push(fields) { self.latest() } else { None }
    }

    fn peek(&self, fields: &[f64]) -> Option<Values> {
        self.clone().update(fields)
    }

    fn reset(&mut self) {
        self.history.iter_mut().for_each(Vec::clear);
    }

    /// One call of the library for all rows.
    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let rows = inputs.first().map_or(0, |column| column.len());
        let fits = inputs.len() == self.row.inputs.len()
            && outputs.len() == self.row.outputs.len()
            && inputs.iter().all(|column| column.len() == rows)
            && outputs.iter().all(|column| column.len() == rows);
        if !fits {
            let expected = (self.row.inputs.len(), self.row.outputs.len());
            return Err(ColumnsError::new(inputs, outputs, expected));
        }
        // Which bar of the history each row became, if it became one.
        let bars: Vec<Option<usize>> = (0..rows)
            .map(|row| {
                let fields = inputs.iter().filter_map(|column| column.get(row).copied());
                let fields: Vec<f64> = fields.collect();
                let bar = self.history.first().map_or(0, Vec::len);
                self.push(&fields).then_some(bar)
            })
            .collect();
        let (begin, computed) = self.compute().unwrap_or_default();
        for (index, output) in outputs.iter_mut().enumerate() {
            for (slot, bar) in output.iter_mut().zip(&bars) {
                let bar = bar.filter(|bar| *bar >= self.lookback);
                let value = bar.and_then(|bar| computed.get(index)?.get(bar.checked_sub(begin)?));
                *slot = value.copied().unwrap_or(f64::NAN);
            }
        }
        Ok(())
    }

    fn boxed(&self) -> Box<dyn DynIndicator> {
        Box::new(self.clone())
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.saved()).unwrap_or_default()
    }

    fn load(&mut self, state: &[u8]) -> Result<(), StateError> {
        let indicator = self.row.info.name;
        let saved: Saved =
            postcard::from_bytes(state).map_err(|_| StateError::Unreadable { indicator })?;
        if saved.arguments != self.arguments {
            return Err(StateError::other(self.row.info, &saved.arguments, &self.arguments));
        }
        *self = Self::revived(self.row, saved).ok_or(StateError::Unreadable { indicator })?;
        Ok(())
    }
}

/// The library's function with the name and the types of one of this crate's
/// indicators: `TaLib<Sma>`.
#[derive(Clone, Debug)]
pub struct TaLib<I> {
    function: Function,
    types: PhantomData<fn() -> I>,
}

/// Why a function of the library cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaLibError {
    /// The linked library is too old to have it.
    #[error("TA-Lib {version} has no function {name}")]
    Missing {
        /// The function's name.
        name: &'static str,
        /// The version of the library.
        version: String,
    },
    /// A parameter is out of its range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
}

impl<K: Kernel> TaLib<Machine<K>> {
    /// Makes the function from the values of its parameters, in order; those
    /// left out take their defaults.
    ///
    /// # Errors
    /// When a parameter is out of its range, or the linked library has no such
    /// function.
    pub fn from_values(values: &[Option<f64>]) -> Result<Self, TaLibError> {
        let arguments = fitting::<K>(Arguments::check(&K::INFO, values)?)?;
        Ok(Self { function: Function::new(Self::row()?, arguments), types: PhantomData })
    }

    fn row() -> Result<&'static Row, TaLibError> {
        let row = rows().iter().find(|row| row.info.name == K::INFO.name);
        row.copied()
            .ok_or_else(|| TaLibError::Missing { name: K::INFO.name, version: library::version() })
    }
}

impl<K: Kernel> Indicator for TaLib<Machine<K>> {
    type Input = K::Input;
    type Output = K::Output;

    fn lookback(&self) -> usize {
        self.function.lookback
    }

    fn update(&mut self, input: K::Input) -> Option<K::Output> {
        K::Output::from_values(&self.function.update(&input.fields())?)
    }

    fn peek(&self, input: K::Input) -> Option<K::Output> {
        K::Output::from_values(&self.function.peek(&input.fields())?)
    }

    fn reset(&mut self) {
        self.function.reset();
    }

    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        self.function.batch(inputs, outputs)
    }
}

impl<I> Serialize for TaLib<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.function.saved().serialize(serializer)
    }
}

impl<'de, K: Kernel> Deserialize<'de> for TaLib<Machine<K>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        let function = Function::revived(Self::row().map_err(D::Error::custom)?, saved);
        let name = K::INFO.name;
        let function =
            function.ok_or_else(|| D::Error::custom(format!("not a state of {name}")))?;
        Ok(Self { function, types: PhantomData })
    }
}
