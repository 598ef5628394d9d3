//! Ultimate oscillator.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::trange;
use crate::window::{Ring, Window, ZeroRun};
use serde::{Deserialize, Serialize};

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
        100.0 * (sum / 7.0)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: HighLowClose) {
        self.terms.push(state.latest);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.terms);
    }
}
