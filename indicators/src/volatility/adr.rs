//! Average day range.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::Machine;
use crate::mean_of::{MeanOf, Term};
use crate::parameter::{Parameter, ParameterError};

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
pub type Adr = Machine<MeanOf<Kernel>>;

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
pub struct Kernel;

impl Term for Kernel {
    const INFO: Info = Info {
        name: "ADR",
        title: "Average Day Range",
        group: Group::Volatility,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: false,
    };
    type Input = HighLow;

    #[inline(always)]
    fn of(bar: HighLow) -> f64 {
        bar.high - bar.low
    }
}
