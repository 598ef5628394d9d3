//! Indicators whose types are not known: what the catalog and the expressions
//! work with.

use crate::catalog::Info;
use crate::indicator::{ColumnsError, Indicator};
use crate::io::{Field, Input, Output, Values};
use crate::kernel::{Kernel, Machine};
use crate::parameter::Arguments;
use std::fmt::{self, Debug};

/// An indicator whose type is not known. [`Row::make`](crate::catalog::Row::make)
/// makes one by name.
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
    /// Why values are missing after the lookback, if they are. This crate's own
    /// indicators always give theirs; the C library can refuse a call, when there
    /// is no memory left, say. Gone after [`reset`](Self::reset).
    fn failure(&self) -> Option<String> {
        None
    }
    /// One update for each row, the way a program that knows the type makes them:
    /// inlined, each done before the next begins. Gives the values of the last.
    /// For benchmarks.
    #[cfg(feature = "talib-v0_8")]
    #[doc(hidden)]
    fn update_each(&mut self, inputs: &[&[f64]]) -> Option<Values> {
        let rows = 0..inputs.first()?.len();
        let fields = |row: usize| inputs.iter().filter_map(move |column| column.get(row).copied());
        rows.fold(None, |_, row| self.update(&fields(row).collect::<Vec<_>>()))
    }
    /// A copy that goes its own way.
    fn boxed(&self) -> Box<dyn DynIndicator>;
    /// The whole state as bytes.
    ///
    /// # Errors
    /// [`StateError::NotSaved`] where the backend cannot save it: the C library's streams
    /// cannot. This crate's own indicators always can.
    fn save(&self) -> Result<Vec<u8>, StateError>;
    /// Takes over a state that [`save`](Self::save) gave.
    ///
    /// # Errors
    /// When the bytes are not the state of this indicator with these
    /// parameters, of the same backend and a known format, or go on after it. The
    /// indicator is then as it was.
    fn load(&mut self, state: &[u8]) -> Result<(), StateError>;
}

/// As that of the typed indicator: `rsi(14)`.
impl fmt::Display for dyn DynIndicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.arguments().call(self.info()))
    }
}

impl Clone for Box<dyn DynIndicator> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

/// A machine without its types. Not the machine itself, so that no method of it
/// has two meanings.
#[derive(Clone, Debug)]
struct Erased<K: Kernel>(Machine<K>);

impl<K: Kernel> From<Machine<K>> for Box<dyn DynIndicator> {
    fn from(machine: Machine<K>) -> Self {
        Box::new(Erased(machine))
    }
}

impl<K: Kernel> DynIndicator for Erased<K> {
    fn info(&self) -> &'static Info {
        &K::INFO
    }

    fn arguments(&self) -> &Arguments {
        self.0.arguments()
    }

    fn fields(&self) -> &'static [Field] {
        K::Output::FIELDS
    }

    fn lookback(&self) -> usize {
        self.0.lookback()
    }

    fn update(&mut self, fields: &[f64]) -> Option<Values> {
        self.0.take(K::Input::from_fields(fields)?).map(Output::values)
    }

    fn peek(&self, fields: &[f64]) -> Option<Values> {
        self.0.peek(K::Input::from_fields(fields)?).map(Output::values)
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        self.0.batch(inputs, outputs)
    }

    #[cfg(feature = "talib-v0_8")]
    fn update_each(&mut self, inputs: &[&[f64]]) -> Option<Values> {
        let (columns, rows) = K::Input::columns(inputs)?;
        // Out of the compiler's sight, so that the state is in memory after every
        // bar, as it is where other things happen between two bars.
        use std::hint::black_box;
        let machine = black_box(&mut self.0);
        let last = rows.checked_sub(1)?;
        for row in 0..last {
            black_box(&machine.update(K::Input::row(columns, row)?));
        }
        machine.update(K::Input::row(columns, last)?).map(Output::values)
    }

    fn boxed(&self) -> Box<dyn DynIndicator> {
        Box::new(self.clone())
    }

    fn save(&self) -> Result<Vec<u8>, StateError> {
        self.0.to_bytes().ok_or_else(|| StateError::unserialised(&K::INFO))
    }

    fn load(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.0.load(state)
    }
}

/// A state that cannot be saved or restored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The bytes are no state of this kind of indicator.
    #[error("{indicator}: the saved state cannot be read")]
    Unreadable {
        /// The indicator's name.
        indicator: &'static str,
    },
    /// The state is of another format.
    #[error("{indicator}: the saved state has format version {saved}, expected {expected}")]
    OtherFormat {
        /// The indicator's name.
        indicator: &'static str,
        /// The version in the state.
        saved: u32,
        /// The version that this one reads.
        expected: u32,
    },
    /// The state is of another indicator.
    #[error("{indicator}: the saved state is of {saved}, expected {indicator}")]
    OtherIndicator {
        /// The name of the indicator that was to take it.
        indicator: &'static str,
        /// The name of the indicator in the state.
        saved: String,
    },
    /// The state is of the indicator of that name in another backend.
    #[error("{indicator}: the saved state is of the backend {saved}, expected {expected}")]
    OtherBackend {
        /// The indicator's name.
        indicator: &'static str,
        /// The backend in the state: `native` or `talib`.
        saved: &'static str,
        /// The backend of the indicator that was to take it.
        expected: &'static str,
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
    /// The state cannot be saved, nor one be taken over.
    #[error("{indicator}: {reason}")]
    NotSaved {
        /// The indicator's name.
        indicator: &'static str,
        /// Why not.
        reason: &'static str,
    },
}

impl StateError {
    /// A state that serde refuses, which none of numbers is.
    pub(crate) fn unserialised(info: &'static Info) -> Self {
        Self::NotSaved { indicator: info.name, reason: "the state cannot be written as bytes" }
    }

    /// A state of other parameters than those of the indicator that was to take it.
    pub(crate) fn other(info: &'static Info, saved: &Arguments, expected: &Arguments) -> Self {
        let (saved, expected) = (saved.written(info), expected.written(info));
        Self::OtherParameters { indicator: info.name, saved, expected }
    }
}
