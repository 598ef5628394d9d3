//! Keltner channels.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, output};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::price::typprice::typical_price;
use crate::volatility::atr;
use serde::{Deserialize, Serialize};

/// Keltner channels (KC): an exponential average of the typical price, and bands
/// some average true ranges away from it.
///
/// # Formula
/// `middle = EMA((high + low + close) / 3, n)`, `upper = middle + k · ATR(m)`,
/// `lower = middle - k · ATR(m)`. As in TA-Lib, both averages give their first
/// value at the same bar, so the shorter one starts late.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 20.
/// * `atr_period` `m`: 1 to 100,000, default 10.
/// * `nb_dev` `k`: -3e37 to 3e37, default 2.
///
/// # Lookback
/// The larger of `n - 1` and `m`.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Kc};
///
/// let mut kc = Kc::new(2, 1, 2.0)?;
/// let bar = HighLowClose { high: 5.0, low: 3.0, close: 4.0 };
/// assert_eq!(kc.update(bar), None);
/// let output = kc.update(bar).expect("the second bar is past the lookback");
/// assert_eq!((output.upper, output.middle, output.lower), (8.0, 4.0, 0.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Chester W. Keltner, *How to Make Money in Commodities*, 1960; with the true
/// range in place of his daily range.
pub type Kc = Machine<Kernel>;

impl Kc {
    /// An average over `time_period` bars, and bands `nb_dev` true ranges away,
    /// themselves averaged over `atr_period` bars.
    ///
    /// # Errors
    /// When `time_period` is not from 2 to 100,000, `atr_period` not from 1 to
    /// 100,000, or `nb_dev` not from -3e37 to 3e37.
    pub fn new(
        time_period: usize,
        atr_period: usize,
        nb_dev: f64,
    ) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64), Some(atr_period as f64), Some(nb_dev)])
    }
}

output! {
    /// What [`Kc`] gives, on the scale of the prices.
    KcOutput {
        /// The average and the true ranges.
        upper: "outRealUpperBand",
        /// The average.
        middle: "outRealMiddleBand",
        /// The average less the true ranges.
        lower: "outRealLowerBand",
    }
}

/// The definition of [`Kc`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
    range: atr::Kernel,
    nb_dev: f64,
}

/// The two averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    average: ema::State,
    range: atr::State,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "KC",
        title: "Keltner Channels",
        group: Group::Overlap,
        parameters: &[
            Parameter::period("time_period", 20, 2),
            Parameter::period("atr_period", 10, 1),
            Parameter::real("nb_dev", 2.0, -3e37, 3e37),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = KcOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self {
            average: ema::Kernel::over(arguments.integer(0)),
            range: atr::Kernel::over(arguments.integer(1)),
            nb_dev: arguments.real(2),
        }
    }

    fn lookback(&self) -> usize {
        self.average.lookback().max(self.range.lookback())
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, input: HighLowClose) -> KcOutput {
        let HighLowClose { high, low, close } = input;
        let middle = match clock.since(self.lookback() - self.average.lookback()) {
            Some(clock) => {
                self.average.step(clock, &mut state.average, typical_price(high, low, close))
            }
            None => 0.0,
        };
        let range = match clock.since(self.lookback() - self.range.lookback()) {
            Some(clock) => self.range.step(clock, &mut state.range, input),
            None => 0.0,
        };
        let width = range * self.nb_dev;
        KcOutput { upper: middle + width, middle, lower: middle - width }
    }
}
