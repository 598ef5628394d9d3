//! Normalized average true range.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::atr;

/// Normalized average true range (NATR): the average true range in percent of
/// the close, so that instruments of different prices compare.
///
/// # Formula
/// `NATR(t) = 100 · ATR(t) / close(t)`, and 0 where the close is 0. As in
/// TA-Lib, a period of 1 gives the true range itself.
///
/// # Parameters
/// * `time_period` `n`: true ranges in the average, 1 to 100,000, default 14.
///
/// # Lookback
/// `n`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Natr};
///
/// let mut range = Natr::new(2)?;
/// assert_eq!(range.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }), None);
/// assert_eq!(range.update(HighLowClose { high: 12.0, low: 10.0, close: 11.0 }), None);
/// assert_eq!(range.update(HighLowClose { high: 15.0, low: 12.0, close: 15.0 }), Some(20.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John Forman, "Cross-Market Evaluations with Normalized Average True Range",
/// *Technical Analysis of Stocks & Commodities*, May 2006.
pub type Natr = Machine<Kernel>;

impl Natr {
    /// The average over `time_period` true ranges.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Natr`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    average: atr::Kernel,
}

impl Kernel {
    /// The average in percent of the close.
    #[inline(always)]
    fn normalized(&self, average: f64, close: f64) -> f64 {
        if self.period == 1 {
            average
        } else if close == 0.0 {
            0.0
        } else {
            average / close * 100.0
        }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "NATR",
        title: "Normalized Average True Range",
        group: Group::Volatility,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: true,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = atr::State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, average: atr::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        self.average.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: HighLowClose) -> f64 {
        self.normalized(self.average.step(clock, state, bar), bar.close)
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut Self::State,
        bars: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let filled = self.average.fill(state, bars, averages, room);
        if filled {
            let [_, _, closes] = bars;
            for (average, close) in averages.iter_mut().zip(closes) {
                *average = self.normalized(*average, *close);
            }
        }
        filled
    }
}
