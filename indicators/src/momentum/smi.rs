//! Stochastic momentum index.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input, output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Window};
use serde::{Deserialize, Serialize};

/// Stochastic momentum index (SMI): how far the close is from the middle of the
/// range of the last bars, smoothed twice, in relation to half that range,
/// smoothed likewise. From -100 to 100.
///
/// # Formula
/// `smi = 100 · E(close - (H + L) / 2) / (E(H - L) / 2)`, where `H` is the
/// highest high and `L` the lowest low of the last `n` bars, and
/// `E(y) = EMA(EMA(y, slow), fast)`; 0 where the divisor is 0.
/// `signal = EMA(smi, signal)`.
///
/// # Parameters
/// * `time_period` `n`: bars in the range, 2 to 100,000, default 13.
/// * `fast_period`: of the second average, 2 to 100,000, default 2.
/// * `slow_period`: of the first average, 2 to 100,000, default 25.
/// * `signal_period`: 2 to 100,000, default 9.
///
/// # Lookback
/// `n + slow + fast + signal - 4`, for both outputs.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Smi};
///
/// let mut index = Smi::new(2, 2, 2, 2)?;
/// let bar = |close: f64| HighLowClose { high: 12.0, low: 8.0, close };
/// let last = [12.0; 5].map(|close| index.update(bar(close)))[4];
/// let output = last.expect("the fifth bar is past the lookback");
/// assert_eq!((output.smi, output.signal), (100.0, 100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// William Blau, "Stochastic Momentum", *Technical Analysis of Stocks &
/// Commodities*, January 1993.
pub type Smi = Machine<Kernel>;

impl Smi {
    /// The index over the range of `time_period` bars.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(
        time_period: usize,
        fast_period: usize,
        slow_period: usize,
        signal_period: usize,
    ) -> Result<Self, ParameterError> {
        let periods = [time_period, fast_period, slow_period, signal_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

output! {
    /// What [`Smi`] gives.
    SmiOutput {
        /// The index.
        smi: "outSMI",
        /// Its average.
        signal: "outSMISignal",
    }
}

/// The definition of [`Smi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    range: Range,
    slow: ema::Kernel,
    fast: ema::Kernel,
    signal: ema::Kernel,
}

/// Where the window is, and the averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    range: RangeState,
    distance: (ema::State, ema::State),
    width: (ema::State, ema::State),
    signal: ema::State,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "SMI",
        title: "Stochastic Momentum Index",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("time_period", 13, 2),
            Parameter::period("fast_period", 2, 2),
            Parameter::period("slow_period", 25, 2),
            Parameter::period("signal_period", 9, 2),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = SmiOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        let fast = arguments.integer(1);
        let slow = arguments.integer(2);
        let signal = arguments.integer(3);
        Self {
            period,
            range: Range::new(period),
            slow: ema::Kernel::over(slow),
            fast: ema::Kernel::over(fast),
            signal: ema::Kernel::over(signal),
        }
    }

    fn lookback(&self) -> usize {
        self.period - 1 + self.slow.lookback() + self.fast.lookback() + self.signal.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> SmiOutput {
        let nothing = SmiOutput { smi: 0.0, signal: 0.0 };
        let (highest, lowest) = self.range.step(clock, &mut state.range, bar.high, bar.low);
        let Some(clock) = clock.since(self.period - 1) else {
            return nothing;
        };
        let distance = bar.close - (highest + lowest) * 0.5;
        let distance = self.slow.step(clock, &mut state.distance.0, distance);
        let range = self.slow.step(clock, &mut state.width.0, highest - lowest);
        let Some(clock) = clock.since(self.slow.lookback()) else {
            return nothing;
        };
        let distance = self.fast.step(clock, &mut state.distance.1, distance);
        let half = 0.5 * self.fast.step(clock, &mut state.width.1, range);
        let Some(clock) = clock.since(self.fast.lookback()) else {
            return nothing;
        };
        let smi = if half > 0.0 { 100.0 * distance / half } else { 0.0 };
        SmiOutput { smi, signal: self.signal.step(clock, &mut state.signal, smi) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, bar: HighLowClose) {
        self.range.store(clock, &state.range, bar.high, bar.low);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        [highs, lows, _]: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.range.columns(&mut state.range, highs, lows, ready)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.range.windows(visit);
    }
}
