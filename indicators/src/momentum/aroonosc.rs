//! Aroon oscillator.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::momentum::aroon;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;

/// Aroon oscillator (AROONOSC): how much more recent the highest high is than
/// the lowest low, from -100 to 100.
///
/// # Formula
/// `AROONOSC = up - down` of AROON.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Aroonosc, HighLow, Indicator};
///
/// let mut oscillator = Aroonosc::new(2)?;
/// assert_eq!(oscillator.update(HighLow { high: 12.0, low: 9.0 }), None);
/// assert_eq!(oscillator.update(HighLow { high: 13.0, low: 10.0 }), None);
/// assert_eq!(oscillator.update(HighLow { high: 12.5, low: 11.0 }), Some(50.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande, "A Time Price Oscillator", *Technical Analysis of Stocks &
/// Commodities*, September 1995.
pub type Aroonosc = Machine<Kernel>;

impl Aroonosc {
    /// The difference of the ages over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Aroonosc`].
#[derive(Clone, Debug)]
pub struct Kernel {
    aroon: aroon::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AROONOSC",
        title: "Aroon Oscillator",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = aroon::State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { aroon: aroon::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        self.aroon.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut Self::State, bar: HighLow) -> f64 {
        let (low, high) = self.aroon.ages(state, bar);
        self.aroon.percent(low - high)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, bar: HighLow) {
        self.aroon.store(clock, state, bar);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.aroon.windows(visit);
    }
}
