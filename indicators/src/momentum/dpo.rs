//! Detrended price oscillator.

use crate::catalog::{Group, Info};
use crate::clock::PIECE;
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window, leaving};
use serde::{Deserialize, Serialize};

/// Detrended price oscillator (DPO): how far the value half a period ago was
/// above the mean that is centred on it.
///
/// # Formula
/// `DPO(t) = x(t - n/2 - 1) - SMA(x, n)(t)`, where `n/2` is rounded down.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 20.
///
/// # Lookback
/// `n - 1`, or 2 for `n = 2`.
///
/// # Example
/// ```
/// use indicators::{Dpo, Indicator};
///
/// let mut oscillator = Dpo::new(4)?;
/// let last = [1.0, 5.0, 2.0, 0.0].map(|x| oscillator.update(x))[3];
/// assert_eq!(last, Some(-1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001,
/// "Detrended Price Oscillator".
pub type Dpo = Machine<Kernel>;

impl Dpo {
    /// The oscillator over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Dpo`].
#[derive(Clone, Debug)]
pub struct Kernel {
    shift: usize,
    past: Ring,
    mean: sma::Kernel,
}

/// The mean, and what it takes in: zero until so many bars before the first
/// value as it spans.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    mean: sma::State,
    input: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "DPO",
        title: "Detrended Price Oscillator",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 20, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        let shift = period / 2 + 1;
        Self { shift, past: Ring::new(shift), mean: sma::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        self.shift.max(self.mean.lookback())
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let begun = clock.since(self.lookback() - self.mean.lookback()).is_some();
        state.input = if begun { value } else { 0.0 };
        self.past.oldest() - self.mean.step(clock, &mut state.mean, state.input)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.past.push(value);
        self.mean.store(clock, &state.mean, state.input);
    }

    const FILLS: bool = true;
    const PIECE: usize = 4 * PIECE;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        values: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        if !self.mean.means(&mut state.mean, values, filled) {
            return false;
        }
        state.input = values.last().copied().unwrap_or(state.input);
        for (past, rows) in leaving(&self.past, values) {
            for (slot, past) in filled[rows].iter_mut().zip(past) {
                *slot = past - *slot;
            }
        }
        self.past.extend(values);
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
        self.mean.windows(visit);
    }
}
