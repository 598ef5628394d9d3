//! A function of the library at work, bar by bar, with types and without.

use super::library::{self, Description, Refused};
use super::rows;
use crate::catalog::{Info, Row};
use crate::erased::{DynIndicator, StateError};
use crate::indicator::{ColumnsError, Indicator};
use crate::io::{Field, Input, Output, Values};
use crate::kernel::{Kernel, Machine};
use crate::origin::{Backend, Of, Origin, Originates, whole};
use crate::parameter::{Arguments, ParameterError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;

/// A function of the library with the history that it computes over.
#[derive(Clone, Debug)]
pub struct Function {
    row: &'static Row,
    description: &'static Description,
    arguments: Arguments,
    lookback: usize,
    /// One column for each input.
    history: Vec<Vec<f64>>,
    /// The first call that the library refused, if it did: values are missing then.
    refused: Option<Refused>,
}

/// What is saved of an `I`, through serde.
#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "I: Originates", deserialize = "I: Originates"))]
struct Saved<I> {
    of: Of<I>,
    arguments: Arguments,
    history: Vec<Vec<f64>>,
}

impl Function {
    /// `arguments` have been checked against the row, and fit each other.
    ///
    /// # Errors
    /// When the library refuses them.
    pub(super) fn new(row: &'static Row, arguments: Arguments) -> Result<Self, ParameterError> {
        let (description, lookback) = library::checked(row, &arguments)?;
        let lookback = lookback + arguments.unstable_period();
        let history = vec![Vec::new(); row.inputs.len()];
        Ok(Self { row, description, arguments, lookback, history, refused: None })
    }

    fn push(&mut self, fields: &[f64]) -> bool {
        let good =
            fields.len() == self.history.len() && fields.iter().all(|field| field.is_finite());
        if good {
            self.history.iter_mut().zip(fields).for_each(|(column, field)| column.push(*field));
        }
        good
    }

    fn compute(&mut self) -> Option<(usize, Vec<Vec<f64>>)> {
        let columns: Vec<&[f64]> = self.history.iter().map(Vec::as_slice).collect();
        let computed = self.description.compute(self.arguments.values(), &columns);
        computed.map_err(|refused| self.refused.get_or_insert(refused)).ok()
    }

    /// The values of the latest bar.
    fn latest(&mut self) -> Option<Values> {
        let bars = self.history.first()?.len();
        if bars <= self.lookback {
            return None;
        }
        let (_, outputs) = self.compute()?;
        let values: Vec<f64> = outputs.iter().filter_map(|output| output.last().copied()).collect();
        Values::from_slice(&values).filter(|values| values.len() == self.row.outputs.len())
    }

    /// Whether `history` fits, and has been taken over.
    fn take_over(&mut self, history: Vec<Vec<f64>>) -> bool {
        let bars = history.first().map_or(0, Vec::len);
        let fits = history.len() == self.row.inputs.len()
            && history.iter().all(|column| column.len() == bars)
            && history.iter().flatten().all(|value| value.is_finite());
        if fits {
            (self.history, self.refused) = (history, None);
        }
        fits
    }

    fn origin(&self) -> Origin {
        Origin { info: self.row.info, backend: Backend::TaLib }
    }
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
        self.refused = None;
    }

    /// One call of the library for all rows.
    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let rows = super::checked_rows(self.row, inputs, outputs)?;
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

    fn save(&self) -> Result<Vec<u8>, StateError> {
        let head = self.origin().to_bytes(&self.arguments);
        let saved = head.and_then(|head| postcard::to_extend(&self.history, head).ok());
        saved.ok_or_else(|| StateError::unserialised(self.row.info))
    }

    fn load(&mut self, state: &[u8]) -> Result<(), StateError> {
        let history = whole(self.origin().strip(state, &self.arguments)?);
        match history.is_some_and(|history| self.take_over(history)) {
            true => Ok(()),
            false => Err(StateError::Unreadable { indicator: self.row.info.name }),
        }
    }

    fn failure(&self) -> Option<String> {
        self.refused.map(|refused| library::refusal(self.row.info.name, refused))
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
    /// A parameter is out of its range, or the parameters do not fit each other.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
}

impl<K: Kernel> TaLib<Machine<K>> {
    /// Makes the function from the values of its parameters, in order; those
    /// left out take their defaults.
    ///
    /// # Errors
    /// When a parameter is out of its range, the parameters do not fit each other,
    /// the linked library refuses them, or it has no such function.
    pub fn from_values(values: &[Option<f64>]) -> Result<Self, TaLibError> {
        Self::from_arguments(Arguments::check(&K::INFO, values)?)
    }

    fn from_arguments(arguments: Arguments) -> Result<Self, TaLibError> {
        let row = Self::row()?;
        let function = Function::new(row, (row.fitting)(arguments)?)?;
        Ok(Self { function, types: PhantomData })
    }

    /// See [`DynIndicator::failure`].
    pub fn failure(&self) -> Option<String> {
        self.function.failure()
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

impl<K: Kernel> Originates for TaLib<Machine<K>> {
    const ORIGIN: Origin = Origin { info: &K::INFO, backend: Backend::TaLib };
}

impl<K: Kernel> Serialize for TaLib<Machine<K>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Function { arguments, history, .. } = &self.function;
        let (arguments, history) = (arguments.clone(), history.clone());
        Saved { of: Of::<Self>::new(), arguments, history }.serialize(serializer)
    }
}

impl<'de, K: Kernel> Deserialize<'de> for TaLib<Machine<K>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved: Saved<Self> = Saved::deserialize(deserializer)?;
        let arguments = saved.arguments.checked_again(&K::INFO).map_err(D::Error::custom)?;
        let mut revived = Self::from_arguments(arguments).map_err(D::Error::custom)?;
        match revived.function.take_over(saved.history) {
            true => Ok(revived),
            false => Err(D::Error::custom(format!("not a state of {}", K::INFO.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> &'static Row {
        rows().iter().find(|row| row.info.name == name).unwrap()
    }

    #[test]
    fn a_call_that_is_refused_is_told_of() {
        let one = |name| Arguments::check(row(name).info, &[Some(1.0)]).unwrap();
        let mut function =
            Function::new(row("CCI"), Arguments::check(row("CCI").info, &[]).unwrap());
        let function = function.as_mut().unwrap();
        // What no constructor lets through, and stands for what cannot be foreseen.
        (function.arguments, function.lookback) = (one("MOM"), 0);
        assert_eq!(function.update(&[3.0, 1.0, 2.0]), None);
        let failure = function.failure().unwrap();
        let expected = format!("CCI: TA-Lib {} refused a call: TA_BAD_PARAM (", library::version());
        assert!(failure.starts_with(&expected), "{failure}");
        function.reset();
        assert_eq!(function.failure(), None);
        let mut column = [0.0];
        function.batch(&[&[3.0], &[1.0], &[2.0]], &mut [&mut column]).unwrap();
        assert!(column[0].is_nan() && function.failure() == Some(failure));

        let refused = Function::new(row("CCI"), one("MOM")).unwrap_err().to_string();
        let version = library::version();
        let expected = format!("CCI: TA-Lib {version} refuses the parameters 1: TA_BAD_PARAM (");
        assert!(refused.starts_with(&expected), "{refused}");
    }
}
