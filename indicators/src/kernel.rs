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

use crate::catalog::Info;
pub use crate::clock::{Clock, Ready};
use crate::clock::{PIECE, RUNNING, WarmUp};
use crate::indicator::{ColumnsError, Indicator};
use crate::io::{Input, Output};
use crate::parameter::{Arguments, ParameterError, UNSTABLE_PERIOD};
use crate::window::Window;
use pulp::{Arch, NullaryFnOnce};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{self, Debug};

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

    /// Whether [`fill`](Self::fill) ever does anything.
    const FILLS: bool = false;

    /// Does all that steps and stores over several bars of a batch would do, at one
    /// go, where that is faster; `room` is to work in. All bars are past warm-up. `false`
    /// when one of them is not finite, or there is another reason to leave them to the
    /// steps, and nothing has been changed: whether numbers are finite is best looked at
    /// once they have been computed with, and are near the processor.
    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut Self::State,
        inputs: <Self::Input as Input>::Columns<'_>,
        outputs: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let _ = (state, inputs, outputs, room);
        false
    }

    /// How many bars of a batch are taken together at most. A kernel that does without
    /// [`Ready`] can take more than there is room for in it: then a long window, which is
    /// copied once for each of them, costs less.
    const PIECE: usize = PIECE;

    /// Whether there are averages that could be of any kind.
    const HAS_AVERAGES: bool = false;

    /// Whether all averages that could be of any kind are simple ones: then a batch
    /// need not ask at each bar.
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
    pub(crate) arguments: Arguments,
    /// Bars taken, up to one more than the lookback: the machine is warm then.
    pub(crate) bars: usize,
    pub(crate) lookback: usize,
    pub(crate) state: K::State,
    /// Gone but for the time of a loop of a batch, which then owns it.
    pub(crate) kernel: Option<K>,
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
    #[inline(never)]
    pub(crate) fn from_arguments(arguments: Arguments) -> Self {
        let kernel = K::new(&arguments);
        let lookback = kernel.lookback() + arguments.unstable_period();
        Self { arguments, bars: 0, lookback, state: K::State::default(), kernel: Some(kernel) }
    }

    /// The same indicator, before its first bar.
    #[inline(never)]
    pub(crate) fn fresh(&self) -> Self {
        Self::from_arguments(self.arguments.clone())
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

    /// How many bars it takes until it is warm.
    pub(crate) fn to_warm_up(&self) -> usize {
        (self.lookback + 1).saturating_sub(self.bars)
    }

    /// An update, where it need not be part of the caller's loop.
    #[inline(never)]
    pub(crate) fn take(&mut self, input: K::Input) -> Option<K::Output> {
        self.update(input)
    }

    /// Kept apart from the warm path, and rarely taken: the clock counts here.
    #[cold]
    fn warm_up(&mut self, input: K::Input) -> Option<K::Output> {
        let mut state = self.state;
        let output = self.step_in_warm_up(&mut state, input);
        self.kernel.as_mut()?.store(WarmUp(self.bars), &state, input);
        self.state = state;
        self.bars += 1;
        output
    }

    #[cold]
    fn peek_in_warm_up(&self, input: K::Input) -> Option<K::Output> {
        self.step_in_warm_up(&mut self.state.clone(), input)
    }

    #[inline(never)]
    fn step_in_warm_up(&self, state: &mut K::State, input: K::Input) -> Option<K::Output> {
        let output = self.kernel.as_ref()?.step(WarmUp(self.bars), state, input);
        (self.bars >= self.lookback).then_some(output)
    }
}

/// As an expression, which parses into the same indicator: `rsi(14)`.
///
/// # Example
/// ```
/// use indicators::{Expression, Rsi};
///
/// let text = Rsi::new(14)?.with_unstable_period(30)?.to_string();
/// assert_eq!(text, "rsi(14, unstable_period=30)");
/// assert_eq!(text.parse::<Expression>()?.lookback(), 44);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<K: Kernel> fmt::Display for Machine<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.arguments.call(Self::INFO))
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
        *self = self.fresh();
    }

    fn batch(&mut self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) -> Result<(), ColumnsError> {
        let expected = (K::Input::SOURCES.len(), K::Output::FIELDS.len());
        let Some((columns, rows)) = K::Input::columns(inputs) else {
            return Err(ColumnsError::new(inputs, outputs, expected));
        };
        let Some(filled) = K::Output::columns(outputs, rows) else {
            return Err(ColumnsError::new(inputs, outputs, expected));
        };
        self.pieces(columns, filled, rows);
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
