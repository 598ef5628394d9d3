//! Elder ray index.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, output};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};

/// Elder ray index (ERI): how far the bar reaches above and below an
/// exponential average of the close.
///
/// # Formula
/// `bull = high - EMA(close, n)`, `bear = low - EMA(close, n)`
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 13; 1 smooths nothing.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Eri, HighLowClose, Indicator};
///
/// let mut index = Eri::new(1)?;
/// let output = index.update(HighLowClose { high: 12.0, low: 9.0, close: 10.0 }).expect("there is no lookback");
/// assert_eq!((output.bull, output.bear), (2.0, -1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Alexander Elder, *Trading for a Living*, 1993.
pub type Eri = Machine<Kernel>;

impl Eri {
    /// The distances from an average over `time_period` closes.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

output! {
    /// What [`Eri`] gives, on the scale of prices.
    EriOutput {
        /// How far the high is above the average.
        bull: "outBullPower",
        /// How far the low is above the average; mostly negative.
        bear: "outBearPower",
    }
}

/// The definition of [`Eri`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ERI",
        title: "Elder Ray Index (Bull Power / Bear Power)",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 13, 1)],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = EriOutput;
    type State = ema::State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { average: ema::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        self.average.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: HighLowClose) -> EriOutput {
        let average = self.average.step(clock, state, bar.close);
        EriOutput { bull: bar.high - average, bear: bar.low - average }
    }
}
