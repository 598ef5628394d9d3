//! Moving average convergence/divergence.

use crate::catalog::{Group, Info};
use crate::io::output;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Moving average convergence/divergence (MACD): how far a fast exponential
/// average runs ahead of a slow one, and a signal line that follows it.
///
/// # Formula
/// `MACD = EMA(x, fast) - EMA(x, slow)`, `signal = EMA(MACD, signal)`,
/// `histogram = MACD - signal`. As in TA-Lib, both averages of `x` give their
/// first value at the same bar, so the fast one starts late; the signal starts
/// at the first MACD; and periods in the wrong order are swapped.
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 12.
/// * `slow_period`: 2 to 100,000, default 26.
/// * `signal_period`: 1 to 100,000, default 9.
///
/// # Lookback
/// `slow + signal - 2`, for all three outputs.
///
/// # Example
/// ```
/// use indicators::{Indicator, Macd};
///
/// let mut macd = Macd::new(2, 3, 2)?;
/// assert_eq!(macd.lookback(), 3);
/// let last = [1.0, 2.0, 3.0, 4.0].map(|x| macd.update(x))[3];
/// let output = last.expect("the fourth bar is past the lookback");
/// assert_eq!((output.macd, output.signal, output.histogram), (0.5, 0.5, 0.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Gerald Appel, *Technical Analysis: Power Tools for Active Investors*, 2005, chapter 8.
pub type Macd = Machine<Kernel>;

impl Macd {
    /// Two averages of values, and the signal as an average of their distance.
    ///
    /// # Errors
    /// When `fast_period` or `slow_period` is not from 2 to 100,000, or
    /// `signal_period` not from 1 to 100,000.
    pub fn new(
        fast_period: usize,
        slow_period: usize,
        signal_period: usize,
    ) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period, signal_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

output! {
    /// What [`Macd`] gives, on the scale of the input.
    MacdOutput {
        /// The fast average less the slow one.
        macd: "outMACD",
        /// The average of `macd`.
        signal: "outMACDSignal",
        /// `macd - signal`
        histogram: "outMACDHist",
    }
}

/// The definition of [`Macd`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    fast: ema::Kernel,
    slow: ema::Kernel,
    signal: ema::Kernel,
}

/// The three averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    fast: ema::State,
    slow: ema::State,
    signal: ema::State,
}

impl Kernel {
    /// Of 12 and 26 values with weights rounded to 0.15 and 0.075.
    pub(crate) fn fixed(signal: usize) -> Self {
        Self {
            fast: ema::Kernel::weighing(12, 0.15),
            slow: ema::Kernel::weighing(26, 0.075),
            signal: ema::Kernel::over(signal),
        }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MACD",
        title: "Moving Average Convergence/Divergence",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_period", 12, 2),
            Parameter::period("slow_period", 26, 2),
            Parameter::period("signal_period", 9, 1),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = MacdOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let (fast, slow) = (arguments.integer(0), arguments.integer(1));
        Self {
            fast: ema::Kernel::over(fast.min(slow)),
            slow: ema::Kernel::over(fast.max(slow)),
            signal: ema::Kernel::over(arguments.integer(2)),
        }
    }

    fn lookback(&self) -> usize {
        self.slow.lookback() + self.signal.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> MacdOutput {
        let slow = self.slow.step(clock, &mut state.slow, value);
        let fast = match clock.since(self.slow.lookback() - self.fast.lookback()) {
            Some(clock) => self.fast.step(clock, &mut state.fast, value),
            None => 0.0,
        };
        let macd = fast - slow;
        let signal = match clock.since(self.slow.lookback()) {
            Some(clock) => self.signal.step(clock, &mut state.signal, macd),
            None => 0.0,
        };
        MacdOutput { macd, signal, histogram: macd - signal }
    }
}
