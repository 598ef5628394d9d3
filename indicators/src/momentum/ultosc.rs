//! Ultimate oscillator.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::trange::{self, true_range};
use crate::window::{BLOCK, Ring, Window, ZeroRun, block};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Ultimate oscillator (ULTOSC): the buying pressure in relation to the true
/// range over three periods, the shortest counting most. From 0 to 100.
///
/// # Formula
/// `ULTOSC = 100 · (4 · q(a) + 2 · q(b) + q(c)) / 7`, where `q(n)` is the sum
/// of the last `n` distances `close(t) - min(low(t), close(t-1))` in relation
/// to the sum of the last `n` true ranges, or 0 where that is 0, and `a`, `b`,
/// `c` are the periods from the shortest to the longest, in whatever order they
/// are given.
///
/// # Parameters
/// * `time_period1`: 1 to 100,000, default 7.
/// * `time_period2`: 1 to 100,000, default 14.
/// * `time_period3`: 1 to 100,000, default 28.
///
/// # Lookback
/// The longest period.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Ultosc};
///
/// let mut oscillator = Ultosc::new(1, 1, 2)?;
/// let bar = |close: f64| HighLowClose { high: 12.0, low: 8.0, close };
/// assert_eq!(oscillator.update(bar(8.0)), None);
/// assert_eq!(oscillator.update(bar(12.0)), None);
/// assert_eq!(oscillator.update(bar(12.0)), Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Larry Williams, "The Ultimate Oscillator", *Technical Analysis of Stocks &
/// Commodities*, August 1985.
pub type Ultosc = Machine<Kernel>;

impl Ultosc {
    /// The oscillator over three periods.
    ///
    /// # Errors
    /// When a period is not from 1 to 100,000.
    pub fn new(
        time_period1: usize,
        time_period2: usize,
        time_period3: usize,
    ) -> Result<Self, ParameterError> {
        let periods = [time_period1, time_period2, time_period3];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The sums over one period.
#[derive(Clone, Debug)]
struct Part {
    period: usize,
    weight: f64,
    /// The first bar that counts: the window is full at the first value.
    start: usize,
}

/// The definition of [`Ultosc`].
#[derive(Clone, Debug)]
pub struct Kernel {
    range: trange::Kernel,
    /// From the shortest period to the longest.
    parts: [Part; 3],
    /// Pressures and ranges.
    terms: Ring<[f64; 2]>,
    flat: ZeroRun,
}

/// The latest close and terms, the sums, and how many terms in a row were zero.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    close: f64,
    range: trange::State,
    latest: [f64; 2],
    /// Of pressures and ranges, for each period.
    sums: [[f64; 2]; 3],
    zeros: usize,
}

/// The pressures and ranges of a window and a piece, and where the piece begins.
struct Lines<'a> {
    pressures: &'a [f64],
    ranges: &'a [f64],
    start: usize,
}

impl Kernel {
    /// Several rows from `row` on; whether one of them ended a window of zeros, whose
    /// sums should have been dropped.
    #[inline(always)]
    fn block<const N: usize>(
        &self,
        state: &mut State,
        lines: &Lines<'_>,
        filled: &mut [f64],
        row: usize,
    ) -> bool {
        let Lines { pressures, ranges, start } = lines;
        let row_of = |back: usize| start + row - back;
        let come = (block::<N>(pressures, row_of(0)), block::<N>(ranges, row_of(0)));
        let [Part { period: shortest, .. }, ..] = self.parts;
        let mut zeros = false;
        let zero: [bool; N] = std::array::from_fn(|lane| (come.0[lane] == 0.0) & (come.1[lane] == 0.0));
        if zero.iter().fold(false, |any, zero| any | zero) {
            for zero in zero {
                self.flat.step(&mut state.zeros, zero);
                zeros |= state.zeros >= shortest;
            }
        } else {
            state.zeros = 0;
        }
        let mut totals = [0.0; N];
        for (part, [pressure, range]) in self.parts.iter().zip(&mut state.sums) {
            let back = row_of(part.period);
            let gone = (block::<N>(pressures, back), block::<N>(ranges, back));
            let (mut above, mut below) = ([0.0; N], [0.0; N]);
            for lane in 0..N {
                *pressure -= gone.0[lane];
                *range -= gone.1[lane];
                *pressure += come.0[lane];
                *range += come.1[lane];
                (above[lane], below[lane]) = (*pressure, *range);
            }
            for lane in 0..N {
                let term = part.weight * (above[lane] / below[lane]);
                totals[lane] += if below[lane] > 0.0 { term } else { 0.0 };
            }
        }
        for (slot, total) in filled[row..row + N].iter_mut().zip(totals) {
            *slot = in_percent(total);
        }
        zeros
    }
}

/// The oscillator, of seven parts in all.
#[inline(always)]
fn in_percent(sum: f64) -> f64 {
    100.0 * (sum / 7.0)
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ULTOSC",
        title: "Ultimate Oscillator",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("time_period1", 7, 1),
            Parameter::period("time_period2", 14, 1),
            Parameter::period("time_period3", 28, 1),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let mut periods = [0, 1, 2].map(|index| arguments.integer(index));
        periods.sort();
        let [_, _, longest] = periods;
        let part = |(period, weight)| Part { period, weight, start: longest - period + 1 };
        let [shortest, middle, _] = periods;
        Self {
            range: trange::Kernel,
            parts: [(shortest, 4.0), (middle, 2.0), (longest, 1.0)].map(part),
            terms: Ring::new(longest),
            flat: ZeroRun::new(longest),
        }
    }

    fn lookback(&self) -> usize {
        let [.., longest] = &self.parts;
        longest.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        let low = if bar.low < state.close { bar.low } else { state.close };
        let pressure = bar.close - low;
        let range = self.range.step(clock, &mut state.range, bar);
        state.close = bar.close;
        state.latest = [pressure, range];
        self.flat.step(&mut state.zeros, state.latest == [0.0; 2]);
        let mut sum = 0.0;
        for (part, sums) in self.parts.iter().zip(&mut state.sums) {
            let Some(clock) = clock.since(part.start) else { continue };
            if clock.since(part.period).is_some() {
                let old = self.terms.ago(part.period);
                sums.iter_mut().zip(old).for_each(|(sum, old)| *sum -= old);
            }
            sums.iter_mut().zip(state.latest).for_each(|(sum, new)| *sum += new);
            if state.zeros >= part.period {
                *sums = [0.0; 2];
            }
            let [pressures, ranges] = *sums;
            if ranges > 0.0 {
                sum += part.weight * (pressures / ranges);
            }
        }
        in_percent(sum)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: HighLowClose) {
        self.terms.push(state.latest);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        [highs, lows, closes]: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let (start, rows) = (self.terms.length(), closes.len());
        let [pressures, ranges] = &mut room.scratch;
        let lines = (pressures.get_mut(..start + rows), ranges.get_mut(..start + rows));
        let (Some(pressures), Some(ranges)) = lines else { return false };
        let window = pressures.iter_mut().zip(ranges.iter_mut()).zip(self.terms.iter());
        window.for_each(|((pressure, range), term)| [*pressure, *range] = term);
        let Some(last) = closes.last() else { return false };
        let mut take = |rows: Range<usize>, before: &[f64]| {
            let piece = start + rows.start..start + rows.end;
            let slots = pressures[piece.clone()].iter_mut().zip(&mut ranges[piece]);
            let bars = highs[rows.clone()].iter().zip(&lows[rows.clone()]).zip(&closes[rows]);
            for ((pressure, range), (((high, low), close), previous)) in
                slots.zip(bars.zip(before))
            {
                *pressure = close - if low < previous { *low } else { *previous };
                *range = true_range(*high, *low, *previous);
            }
        };
        take(0..1, &[state.close]);
        take(1..rows, closes);
        let lines = Lines { pressures, ranges, start };
        let whole_blocks = rows - rows % BLOCK;
        let mut now = *state;
        let mut zeros = false;
        for row in (0..whole_blocks).step_by(BLOCK) {
            zeros |= self.block::<BLOCK>(&mut now, &lines, filled, row);
        }
        for row in whole_blocks..rows {
            zeros |= self.block::<1>(&mut now, &lines, filled, row);
        }
        // Rare, and left to the steps.
        if zeros || ![highs, lows, closes].iter().all(|column| f64::are_finite(column)) {
            return false;
        }
        let terms = || pressures.iter().zip(ranges.iter()).map(|(pressure, range)| [*pressure, *range]);
        let latest = terms().next_back().unwrap_or(state.latest);
        *state = State { close: *last, range: trange::State::after(*last), latest, ..now };
        terms().skip(start).for_each(|term| self.terms.push(term));
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.terms);
    }
}
