//! Hull moving average.

use crate::catalog::{Group, Info};
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::wma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{WeightedSumState, Window, lay_out};
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

/// The windows of the values and of what the smoothing reads of them, each with the piece
/// that follows.
struct Lines<'a> {
    values: &'a [f64],
    aheads: &'a mut [f64],
}

impl Kernel {
    fn periods(&self) -> [usize; 3] {
        [&self.whole, &self.half, &self.smoothing].map(wma::Kernel::period)
    }

    /// How many rows come before one at which sums are replaced.
    #[inline(always)]
    fn until_renewal(&self, state: &State) -> usize {
        let whole = self.whole.weighting().until_renewal(&state.whole);
        let half = self.half.weighting().until_renewal(&state.half);
        whole.min(half).min(self.smoothing.weighting().until_renewal(&state.smoothing))
    }

    /// The row at `row`, at which sums are replaced.
    fn renewal(&self, state: &mut State, lines: &mut Lines<'_>, row: usize) -> f64 {
        let [whole, half, smoothing] = self.periods();
        let Lines { values, aheads } = lines;
        let whole_mean = self.whole.mean(&mut state.whole, values, row);
        let half_mean = self.half.mean(&mut state.half, values, row + whole - half);
        aheads[row + smoothing] = ahead(half_mean, whole_mean);
        self.smoothing.mean(&mut state.smoothing, aheads, row)
    }

    /// The rows from `start` on, at which no sums are replaced. All three averages move on
    /// in one loop: each waits for itself, and two of them divide together.
    #[inline(always)]
    fn run(&self, state: &mut State, lines: &mut Lines<'_>, start: usize, averages: &mut [f64]) {
        let ([whole, half, smoothing], rows) = (self.periods(), averages.len());
        let values = &lines.values[start..][..whole + rows];
        let aheads = &mut lines.aheads[start..][..smoothing + rows];
        let parts = [&self.whole, &self.half];
        let mut sums = [state.whole.sums, state.half.sums];
        let mut smoothing_sums = state.smoothing.sums;
        let steps = values[whole..].iter().zip(values).zip(&values[whole - half..]);
        for (row, (average, ((value, whole), half))) in averages.iter_mut().zip(steps).enumerate() {
            let (oldest, mut means) = ([whole, half], [0.0; 2]);
            for part in 0..2 {
                let sum = parts[part].weighting().next(&mut sums[part], *oldest[part], *value);
                means[part] = sum / parts[part].weights();
            }
            let [whole, half] = means;
            let ahead = ahead(half, whole);
            aheads[row + smoothing] = ahead;
            let sum = self.smoothing.weighting().next(&mut smoothing_sums, aheads[row], ahead);
            *average = sum / self.smoothing.weights();
        }
        [state.whole.sums, state.half.sums] = sums;
        state.smoothing.sums = smoothing_sums;
        for part in [&mut state.whole, &mut state.half, &mut state.smoothing] {
            part.age += rows;
        }
    }
}

/// What the smoothing reads.
#[inline(always)]
fn ahead(half: f64, whole: f64) -> f64 {
    2.0 * half - whole
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
        state.ahead = ahead(half, whole);
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
        if self.smoothing.period() == 1 {
            // Nothing is smoothed, and sums of one value would round.
            return false;
        }
        let [values_room, ahead_room] = &mut room.scratch;
        let Some(line) = lay_out(self.whole.ring(), values, values_room) else { return false };
        // What the smoothing reads is put where the values are.
        let Some(aheads) = lay_out(self.smoothing.ring(), values, ahead_room) else {
            return false;
        };
        let mut lines = Lines { values: line, aheads };
        let mut now = *state;
        let mut row = 0;
        while row < values.len() {
            let end = values.len().min(row + self.until_renewal(&now));
            self.run(&mut now, &mut lines, row, &mut averages[row..end]);
            row = end;
            if row < values.len() {
                averages[row] = self.renewal(&mut now, &mut lines, row);
                row += 1;
            }
        }
        let Lines { values: line, aheads } = lines;
        self.whole.weighting().settle(&mut now.whole, line);
        self.half.weighting().settle(&mut now.half, line);
        self.smoothing.weighting().settle(&mut now.smoothing, aheads);
        if !Self::Input::are_finite(values) {
            return false;
        }
        let aheads = &aheads[self.smoothing.period()..];
        now.ahead = aheads.last().copied().unwrap_or(now.ahead);
        *state = now;
        self.whole.ring().extend(values);
        self.half.ring().extend(values);
        self.smoothing.ring().extend(aheads);
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.whole.windows(visit);
        self.half.windows(visit);
        self.smoothing.windows(visit);
    }
}
