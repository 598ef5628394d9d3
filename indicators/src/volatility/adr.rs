//! Average day range.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;

/// Average day range (ADR): the mean range of the last bars.
///
/// # Formula
/// `ADR = SMA(high - low, n)`
///
/// # Parameters
/// * `time_period` `n`: bars in the mean, 1 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Adr, HighLow, Indicator};
///
/// let mut range = Adr::new(2)?;
/// assert_eq!(range.update(HighLow { high: 12.0, low: 9.0 }), None);
/// assert_eq!(range.update(HighLow { high: 13.0, low: 12.0 }), Some(2.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition, which has long been in use as the average daily range. No single source
/// is known. Wilder's [`Atr`](crate::Atr) counts the gaps between bars too.
pub type Adr = Machine<Kernel>;

impl Adr {
    /// The mean range of `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Adr`].
#[derive(Clone, Debug)]
pub struct Kernel {
    mean: sma::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ADR",
        title: "Average Day Range",
        group: Group::Volatility,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = sma::State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { mean: sma::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        self.mean.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: HighLow) -> f64 {
        self.mean.step(clock, state, bar.high - bar.low)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, bar: HighLow) {
        self.mean.store(clock, state, bar.high - bar.low);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.mean.windows(visit);
    }
}
