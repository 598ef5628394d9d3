//! Mass index.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{RollingSum, Window};
use serde::{Deserialize, Serialize};

/// Mass index (MASSI): whether ranges widen, whatever the direction. A rise
/// above 27 that falls back below 26.5 is called a reversal bulge.
///
/// # Formula
/// `MASSI(t) = r(t) + … + r(t-m+1)`, where `r = E / EMA(E, n)` and
/// `E = EMA(high - low, n)`; `r` is 1 where the divisor is 0.
///
/// # Parameters
/// * `fast_period` `n`: of both averages, 2 to 100,000, default 9.
/// * `slow_period` `m`: ratios in the sum, 2 to 100,000, default 25.
///
/// # Lookback
/// `2 · (n - 1) + m - 1`
///
/// # Example
/// ```
/// use indicators::{HighLow, Indicator, Massi};
///
/// let mut index = Massi::new(2, 3)?;
/// let bar = HighLow { high: 12.0, low: 9.0 };
/// let last = [bar; 5].map(|bar| index.update(bar))[4];
/// assert_eq!(last, Some(3.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Donald Dorsey, "The Mass Index", *Technical Analysis of Stocks &
/// Commodities*, June 1992.
pub type Massi = Machine<Kernel>;

impl Massi {
    /// The sum of `slow_period` ratios of averages over `fast_period` bars.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(fast_period: usize, slow_period: usize) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Massi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
    ratios: RollingSum,
    slow: usize,
}

/// The two averages, their ratio, and the sum.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    once: ema::State,
    twice: ema::State,
    ratio: f64,
    sum: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MASSI",
        title: "Mass Index",
        group: Group::Volatility,
        parameters: &[
            Parameter::period("fast_period", 9, 2),
            Parameter::period("slow_period", 25, 2),
        ],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let fast = arguments.integer(0);
        let slow = arguments.integer(1);
        Self { average: ema::Kernel::over(fast), ratios: RollingSum::new(slow), slow }
    }

    fn lookback(&self) -> usize {
        2 * self.average.lookback() + self.slow - 1
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> f64 {
        let once = self.average.step(clock, &mut state.once, bar.high - bar.low);
        let Some(clock) = clock.since(self.average.lookback()) else {
            return 0.0;
        };
        let twice = self.average.step(clock, &mut state.twice, once);
        if clock.since(self.average.lookback()).is_none() {
            return 0.0;
        }
        state.ratio = if twice == 0.0 { 1.0 } else { once / twice };
        self.ratios.step(&mut state.sum, state.ratio)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: HighLow) {
        self.ratios.store(state.ratio);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.ratios);
    }
}
