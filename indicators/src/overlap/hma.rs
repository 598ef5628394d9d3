//! Hull moving average.

use crate::catalog::{Group, Info};
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::wma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{BLOCK, WeightedSumState, Window, block, lay_out};
use serde::{Deserialize, Serialize};

/// Hull moving average (HMA): a weighted average over half the window, carried
/// on by what it is ahead of one over the whole window, and smoothed.
///
/// # Formula
/// `HMA = WMA(2 · WMA(x, n/2) - WMA(x, n), √n)`, with `n/2` and `√n` rounded down.
///
/// # Parameters
/// * `time_period` `n`: bars in the longest average, 1 to 100,000, default 20; 1
///   smooths nothing.
///
/// # Lookback
/// `n - 1 + √n - 1`, with `√n` rounded down.
///
/// # Example
/// ```
/// use indicators::{Hma, Indicator};
///
/// let mut hma = Hma::new(2)?;
/// assert_eq!(hma.update(1.0), None);
/// assert_eq!(hma.update(4.0), Some(5.0)); // 2 · 4 - (1 + 2 · 4) / 3
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Alan Hull, *How to reduce lag in a moving average*, 2005.
pub type Hma = Machine<Kernel>;

impl Hma {
    /// The average over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Hma`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    whole: wma::Kernel,
    half: wma::Kernel,
    smoothing: wma::Kernel,
}

/// The three averages, and what the last one has read.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    whole: WeightedSumState,
    half: WeightedSumState,
    smoothing: WeightedSumState,
    ahead: f64,
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self {
            whole: wma::Kernel::over(period),
            half: wma::Kernel::over((period / 2).max(1)),
            smoothing: wma::Kernel::over(period.isqrt()),
        }
    }
}

impl Kernel {
    /// Several rows from `row` on.
    #[inline(always)]
    fn block<const N: usize>(
        &mut self,
        state: &mut State,
        line: &[f64],
        aheads: &mut [f64],
        averages: &mut [f64],
        row: usize,
    ) {
        let (whole, half) = (self.whole.period(), self.half.period());
        let smoothing = self.smoothing.period();
        let values = block::<N>(line, row + whole);
        let wholes = self.whole.block(&mut state.whole, block(line, row), values);
        let halves = self.half.block(&mut state.half, block(line, row + whole - half), values);
        let mut ahead = [0.0; N];
        for (ahead, (half, whole)) in ahead.iter_mut().zip(halves.into_iter().zip(wholes)) {
            *ahead = 2.0 * half - whole;
        }
        aheads[row + smoothing..][..N].copy_from_slice(&ahead);
        let oldest = block(aheads, row);
        let smoothed = self.smoothing.block(&mut state.smoothing, oldest, ahead);
        averages[row..row + N].copy_from_slice(&smoothed);
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "HMA",
        title: "Hull Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 20, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        self.whole.lookback() + self.smoothing.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let whole = self.whole.step(clock, &mut state.whole, value);
        // Both averages give their first value at the same bar.
        let half = match clock.since(self.whole.lookback() - self.half.lookback()) {
            Some(clock) => self.half.step(clock, &mut state.half, value),
            None => 0.0,
        };
        state.ahead = 2.0 * half - whole;
        match clock.since(self.whole.lookback()) {
            Some(clock) => self.smoothing.step(clock, &mut state.smoothing, state.ahead),
            None => 0.0,
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.whole.store(clock, &state.whole, value);
        self.half.store(clock, &state.half, value);
        self.smoothing.store(clock, &state.smoothing, state.ahead);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        values: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let [values_room, ahead_room] = &mut room.scratch;
        let Some(line) = lay_out(self.whole.ring(), values, values_room) else { return false };
        // What the smoothing reads is put where the values are.
        let Some(aheads) = lay_out(self.smoothing.ring(), values, ahead_room) else {
            return false;
        };
        let whole_blocks = values.len() - values.len() % BLOCK;
        let mut state_now = *state;
        for row in (0..whole_blocks).step_by(BLOCK) {
            self.block::<BLOCK>(&mut state_now, line, aheads, averages, row);
        }
        for row in whole_blocks..values.len() {
            self.block::<1>(&mut state_now, line, aheads, averages, row);
        }
        *state = state_now;
        state.ahead = aheads.last().copied().unwrap_or(state.ahead);
        self.whole.ring().extend(values.iter().copied());
        self.half.ring().extend(values.iter().copied());
        let smoothed = self.smoothing.ring().length();
        self.smoothing.ring().extend(aheads.iter().skip(smoothed).copied());
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.whole.windows(visit);
        self.half.windows(visit);
        self.smoothing.windows(visit);
    }
}
