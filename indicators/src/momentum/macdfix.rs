//! Moving average convergence/divergence with fixed periods.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::momentum::macd::{self, MacdOutput};
use crate::parameter::{Arguments, Parameter, ParameterError};

/// Moving average convergence/divergence with fixed periods (MACDFIX): MACD of
/// 12 and 26 bars with the rounded weights of the original.
///
/// # Formula
/// As MACD, where a new value makes up 0.15 of the fast average and 0.075 of
/// the slow one.
///
/// # Parameters
/// * `signal_period`: 1 to 100,000, default 9.
///
/// # Lookback
/// `signal + 24`, for all three outputs.
///
/// # Example
/// ```
/// use indicators::{Indicator, Macdfix};
///
/// let mut macd = Macdfix::new(9)?;
/// assert_eq!(macd.lookback(), 33);
/// let last = [1.0; 34].map(|x| macd.update(x))[33];
/// assert_eq!(last.map(|output| output.macd), Some(0.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Gerald Appel, *Technical Analysis: Power Tools for Active Investors*, 2005,
/// chapter 8.
pub type Macdfix = Machine<Kernel>;

impl Macdfix {
    /// The signal as an average of `signal_period` distances.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(signal_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(signal_period as f64)])
    }
}

/// The definition of [`Macdfix`].
#[derive(Clone, Debug)]
pub struct Kernel {
    macd: macd::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MACDFIX",
        title: "Moving Average Convergence/Divergence with Fixed Periods",
        group: Group::Momentum,
        parameters: &[Parameter::period("signal_period", 9, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = MacdOutput;
    type State = macd::State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { macd: macd::Kernel::fixed(period) }
    }

    fn lookback(&self) -> usize {
        self.macd.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, value: f64) -> MacdOutput {
        self.macd.step(clock, state, value)
    }
}
