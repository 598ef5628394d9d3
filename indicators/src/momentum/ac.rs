//! Accelerator/decelerator oscillator.

use crate::catalog::{Group, Info};
use crate::clock::RUNNING;
use crate::io::{HighLow, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::momentum::ao;
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Accelerator/decelerator oscillator (AC): how far the awesome oscillator is
/// ahead of its own mean.
///
/// # Formula
/// `AC = AO - SMA(AO, signal)`
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 5.
/// * `slow_period`: 2 to 100,000, default 34.
/// * `signal_period`: 2 to 100,000, default 5.
///
/// # Lookback
/// The longer period and `signal`, less two.
///
/// # Example
/// ```
/// use indicators::{Ac, HighLow, Indicator};
///
/// let mut oscillator = Ac::new(2, 3, 2)?;
/// let bar = |price: f64| HighLow { high: price, low: price };
/// let last = [1.0, 2.0, 6.0, 7.0].map(|price| oscillator.update(bar(price)))[3];
/// assert_eq!(last, Some(0.25));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Bill Williams, *New Trading Dimensions*, 1998.
pub type Ac = Machine<Kernel>;

impl Ac {
    /// The oscillator of two means, less its own mean over `signal_period` bars.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(
        fast_period: usize,
        slow_period: usize,
        signal_period: usize,
    ) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period, signal_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Ac`].
#[derive(Clone, Debug)]
pub struct Kernel {
    oscillator: ao::Kernel,
    mean: sma::Kernel,
}

/// The oscillator, its mean, and what that takes in: zero until the oscillator
/// gives values.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    oscillator: ao::State,
    mean: sma::State,
    input: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AC",
        title: "Accelerator/Decelerator Oscillator",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_period", 5, 2),
            Parameter::period("slow_period", 34, 2),
            Parameter::period("signal_period", 5, 2),
        ],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let fast = arguments.integer(0);
        let slow = arguments.integer(1);
        let signal = arguments.integer(2);
        Self { oscillator: ao::Kernel::over(fast, slow), mean: sma::Kernel::over(signal) }
    }

    fn lookback(&self) -> usize {
        self.oscillator.lookback() + self.mean.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> f64 {
        let value = self.oscillator.step(clock, &mut state.oscillator, bar);
        let begun = clock.since(self.oscillator.lookback()).is_some();
        state.input = if begun { value } else { 0.0 };
        value - self.mean.step(clock, &mut state.mean, state.input)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, bar: HighLow) {
        self.oscillator.store(clock, &state.oscillator, bar);
        self.mean.store(clock, &state.mean, state.input);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        bars: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let Ready { columns: [prices, values, _], scratch } = room;
        let Some(values) = values.get_mut(..filled.len()) else { return false };
        if !self.oscillator.oscillate(&mut state.oscillator, bars, values, prices, scratch) {
            return false;
        }
        if !self.mean.means(&mut state.mean, values, filled) {
            // Finite prices have overflowed: the steps go on with what has come of them.
            for (slot, value) in filled.iter_mut().zip(values.iter()) {
                *slot = self.mean.step(RUNNING, &mut state.mean, *value);
                self.mean.store(RUNNING, &state.mean, *value);
            }
        }
        state.input = values.last().copied().unwrap_or(state.input);
        for (slot, value) in filled.iter_mut().zip(values) {
            *slot = *value - *slot;
        }
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.oscillator.windows(visit);
        self.mean.windows(visit);
    }
}
