//! What the author of an indicator writes, and the machine that makes a full
//! [`Indicator`] of it.
//!
//! A [`Kernel`] works in two phases. [`step`](Kernel::step) computes a value and
//! only reads the windows; what changes with every bar is in a small `Copy`
//! state. [`store`](Kernel::store) then pushes the bar into the windows. An
//! update is both; a peek is a step on a copy of the state. So peek equals the
//! next update by construction, and neither allocates.
//!
//! A kernel may hold other kernels and pass their states through its own.

use crate::batch::Work;
use crate::catalog::Info;
pub use crate::clock::{Clock, Ready};
use crate::clock::{RUNNING, WarmUp};
use crate::indicator::{ColumnsError, Indicator};
use crate::io::{Input, Output};
use crate::parameter::{Arguments, ParameterError, UNSTABLE_PERIOD};
use crate::window::{SavedWindow, Window};
use pulp::{Arch, NullaryFnOnce};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Debug;

/// The definition of one indicator: parameters, lookback, state, step.
/// Everything else derives from it.
pub trait Kernel: Clone + Debug + Send + Sync + Sized + 'static {
    /// Its entry in the catalog: name, group, parameters.
    const INFO: Info;
    /// What it reads of a bar.
    type Input: Input;
    /// What it gives.
    type Output: Output;
    /// What changes with every bar, besides the windows. `Default` is the state
    /// before the first bar.
    type State: Copy + Debug + Default + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// Whether the arguments, each of which fits [`INFO`](Self::INFO), fit each
    /// other.
    ///
    /// # Errors
    /// Says what does not.
    fn check(arguments: &Arguments) -> Result<(), String> {
        let _ = arguments;
        Ok(())
    }

    /// The kernel before its first bar. The arguments have been checked.
    fn new(arguments: &Arguments) -> Self;

    /// How many bars pass before the first value, without the unstable period.
    fn lookback(&self) -> usize;

    /// Moves the state on by one bar, and gives its value. What it gives before
    /// the lookback is thrown away.
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, input: Self::Input)
    -> Self::Output;

    /// Pushes the bar into the windows; `state` is what [`step`](Self::step) has
    /// just left. Kernels without windows have nothing to do.
    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, input: Self::Input) {
        let _ = (clock, state, input);
    }

    /// Whether a step multiplies and adds fused several times. That costs a call
    /// each time where the compiler may not take it for granted that the processor
    /// can; it then pays to ask the processor once and to be compiled for it.
    const FUSES: bool = false;

    /// Whether [`columns`](Self::columns) ever makes anything ready.
    const HAS_COLUMNS: bool = false;

    /// Makes ready what several bars of a batch are faster to compute together;
    /// [`step`](Self::step) and [`store`](Self::store) then find it with
    /// [`Clock::ready`]. All bars are past warm-up and finite. `false` when
    /// nothing is ready, and nothing has been changed.
    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        inputs: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        let _ = (state, inputs, ready);
        false
    }

    /// Whether there are averages that could be of any kind, and all are simple
    /// ones: then a batch need not ask at each bar.
    #[inline(always)]
    fn is_simple(&self) -> bool {
        false
    }

    /// Shows every window to `visit`, always in the same order: windows are
    /// saved and restored through it. Everything else in a kernel follows from
    /// its parameters.
    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        let _ = visit;
    }
}

/// Arguments that are in range, if they fit each other too.
pub(crate) fn fitting<K: Kernel>(arguments: Arguments) -> Result<Arguments, ParameterError> {
    let indicator = K::INFO.name;
    K::check(&arguments).map_err(|reason| ParameterError::Unfit { indicator, reason })?;
    Ok(arguments)
}

/// A kernel at work: the state machine behind every indicator of this crate.
/// `Sma`, `Rsi` and the others are names for it.
#[derive(Clone, Debug)]
pub struct Machine<K: Kernel> {
    arguments: Arguments,
    /// Bars taken, up to one more than the lookback: the machine is warm then.
    bars: usize,
    lookback: usize,
    state: K::State,
    kernel: Option<K>,
}

impl<K: Kernel> Machine<K> {
    /// Its entry in the catalog.
    pub const INFO: &'static Info = &K::INFO;

    /// Makes the indicator from the values of its parameters, in order; those
    /// left out take their defaults.
    ///
    /// # Errors
    /// Names the indicator, the parameter, the value and its range.
    pub fn from_values(values: &[Option<f64>]) -> Result<Self, ParameterError> {
        Ok(Self::from_arguments(fitting::<K>(Arguments::check(Self::INFO, values)?)?))
    }

    /// Makes the indicator from checked arguments.
    pub(crate) fn from_arguments(arguments: Arguments) -> Self {
        let kernel = K::new(&arguments);
        let lookback = kernel.lookback() + arguments.unstable_period();
        Self { arguments, bars: 0, lookback, state: K::State::default(), kernel: Some(kernel) }
    }

    /// The same indicator, before its first bar, with values held back for
    /// `bars` more bars, so that the influence of the first bars has faded:
    /// TA-Lib's unstable period.
    ///
    /// # Errors
    /// When the indicator has no unstable period, or `bars` is above 100,000.
    pub fn with_unstable_period(self, bars: usize) -> Result<Self, ParameterError> {
        let indicator = K::INFO.name;
        if !K::INFO.unstable_period {
            let expected = K::INFO.parameters.len();
            return Err(ParameterError::TooMany { indicator, given: expected + 1, expected });
        }
        if bars as f64 > UNSTABLE_PERIOD.max {
            let (parameter, value) = (UNSTABLE_PERIOD, bars as f64);
            return Err(ParameterError::OutOfRange { indicator, parameter, value });
        }
        Ok(Self::from_arguments(self.arguments.with_unstable_period(bars)))
    }

    /// The values of its parameters.
    pub fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// Kept apart from the warm path, and rarely taken: the clock counts here.
    #[cold]
    fn warm_up(&mut self, input: K::Input) -> Option<K::Output> {
        let kernel = self.kernel.as_mut()?;
        let output = kernel.step(WarmUp(self.bars), &mut self.state, input);
        kernel.store(WarmUp(self.bars), &self.state, input);
        self.bars += 1;
        (self.bars > self.lookback).then_some(output)
    }

    #[cold]
    fn peek_in_warm_up(&self, input: K::Input) -> Option<K::Output> {
        let mut state = self.state;
        let output = self.kernel.as_ref()?.step(WarmUp(self.bars), &mut state, input);
        (self.bars >= self.lookback).then_some(output)
    }
}

impl<K: Kernel> Indicator for Machine<K> {
    type Input = K::Input;
    type Output = K::Output;

    fn lookback(&self) -> usize {
        self.lookback
    }

    #[inline(always)]
    fn update(&mut self, input: K::Input) -> Option<K::Output> {
        if !input.is_finite() {
            return None;
        }
        if self.bars <= self.lookback {
            return self.warm_up(input);
        }
        let kernel = self.kernel.as_mut()?;
        let update = Update { kernel, state: &mut self.state, input };
        Some(if K::FUSES { Arch::new().dispatch(update) } else { update.call() })
    }

    #[inline(always)]
    fn peek(&self, input: K::Input) -> Option<K::Output> {
        if !input.is_finite() {
            return None;
        }
        if self.bars <= self.lookback {
            return self.peek_in_warm_up(input);
        }
        let mut state = self.state;
        Some(self.kernel.as_ref()?.step(RUNNING, &mut state, input))
    }

    fn reset(&mut self) {
        *self = Self::from_arguments(std::mem::take(&mut self.arguments));
    }

    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let expected = (K::Input::SOURCES.len(), K::Output::FIELDS.len());
        let Some((columns, rows)) = K::Input::columns(inputs) else {
            return Err(ColumnsError::new(inputs, outputs, expected));
        };
        let Some(mut filled) = K::Output::columns(outputs, rows) else {
            return Err(ColumnsError::new(inputs, outputs, expected));
        };
        let mut row = 0;
        while row < rows && self.bars <= self.lookback {
            let output = K::Input::row(columns, row).and_then(|input| self.update(input));
            K::Output::write(output, &mut filled, row);
            row += 1;
        }
        let Self { kernel, state, .. } = self;
        Work { kernel, state }.compute(columns, filled, row..rows);
        Ok(())
    }
}

/// A step and a store.
struct Update<'a, K: Kernel> {
    kernel: &'a mut K,
    state: &'a mut K::State,
    input: K::Input,
}

impl<K: Kernel> NullaryFnOnce for Update<'_, K> {
    type Output = K::Output;

    #[inline(always)]
    fn call(self) -> K::Output {
        let Self { kernel, state, input } = self;
        let output = kernel.step(RUNNING, state, input);
        kernel.store(RUNNING, state, input);
        output
    }
}

/// What is saved of a machine: all that does not follow from its parameters.
#[derive(Serialize, Deserialize)]
pub(crate) struct Saved<S> {
    pub(crate) arguments: Arguments,
    bars: usize,
    state: S,
    windows: Vec<SavedWindow>,
}

impl<K: Kernel> Machine<K> {
    pub(crate) fn saved(&self) -> Saved<K::State> {
        let mut windows = Vec::new();
        // Windows are visited mutably; saving is rare enough for a copy.
        self.kernel
            .clone()
            .into_iter()
            .for_each(|mut k| k.windows(&mut |window| windows.push(window.save())));
        Saved { arguments: self.arguments.clone(), bars: self.bars, state: self.state, windows }
    }

    /// The machine that was saved; `None` when its parameters are out of range
    /// or its windows do not belong to them.
    pub(crate) fn revived(saved: Saved<K::State>) -> Option<Self> {
        let arguments = saved.arguments.checked_again(Self::INFO).ok()?;
        let mut machine = Self::from_arguments(fitting::<K>(arguments).ok()?);
        let mut windows = saved.windows.into_iter();
        let mut fits = true;
        machine.kernel.as_mut()?.windows(&mut |window| {
            fits &= windows.next().is_some_and(|saved| window.load(saved));
        });
        if !fits || windows.next().is_some() || saved.bars > machine.lookback + 1 {
            return None;
        }
        machine.bars = saved.bars;
        machine.state = saved.state;
        Some(machine)
    }
}

impl<K: Kernel> Serialize for Machine<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.saved().serialize(serializer)
    }
}

impl<'de, K: Kernel> Deserialize<'de> for Machine<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        let name = K::INFO.name;
        Self::revived(saved).ok_or_else(|| D::Error::custom(format!("not a state of {name}")))
    }
}
