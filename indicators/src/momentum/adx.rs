//! Average directional movement index.

use crate::catalog::{Group, Info};
use crate::io::HighLowClose;
use crate::kernel::{self, Clock, Machine};
use crate::momentum::dx;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Average directional movement index (ADX): Wilder's average of the
/// directional movement index. It tells how strong a trend is, not which way it
/// goes.
///
/// # Formula
/// `ADX(t) = (ADX(t-1) · (n - 1) + DX(t)) / n`, where the first is the mean of
/// the first `n`. A bar without movement does not count: it leaves the average
/// as it is.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `2 · n - 1`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Adx, HighLowClose, Indicator};
///
/// let mut index = Adx::new(2)?;
/// let bar = |high: f64| HighLowClose { high, low: high - 2.0, close: high - 1.0 };
/// let last = [12.0, 13.0, 14.0, 15.0].map(|high| index.update(bar(high)))[3];
/// assert_eq!(last, Some(100.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section
/// IV.
pub type Adx = Machine<Kernel>;

impl Adx {
    /// The average over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Adx`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    index: dx::Kernel,
}

/// The index, and the sum of the first ones until there are enough of them,
/// then the average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    index: dx::State,
    average: f64,
}

impl Kernel {
    /// An average over `period` bars, for use within another indicator.
    pub(crate) fn over(period: usize) -> Self {
        Self { period, index: dx::Kernel::over(period) }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ADX",
        title: "Average Directional Movement Index",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: true,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0))
    }

    fn lookback(&self) -> usize {
        2 * self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> f64 {
        let index = self.index.direction(clock, &mut state.index, bar);
        let period = self.period as f64;
        if clock.bar() >= 2 * self.period {
            if let Some(index) = index {
                state.average = (state.average * (period - 1.0) + index) / period;
            }
        } else if clock.bar() >= self.period {
            state.average += index.unwrap_or_default();
            if clock.bar() == 2 * self.period - 1 {
                state.average /= period;
            }
        }
        state.average
    }
}
