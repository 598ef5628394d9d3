//! Rate of change as a ratio.

use crate::catalog::{Group, Info};
use crate::kernel::Machine;
use crate::lagged::{Comparison, Lagged};
use crate::momentum::roc::ratio;
use crate::parameter::{Parameter, ParameterError};

/// Rate of change as a ratio (ROCR): the value in relation to the one some bars
/// ago.
///
/// # Formula
/// `ROCR(t) = x(t) / x(t-n)`, and 0 where `x(t-n)` is 0.
///
/// # Parameters
/// * `time_period` `n`: bars to look back, 1 to 100,000, default 10.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Rocr};
///
/// let mut change = Rocr::new(1)?;
/// assert_eq!(change.update(10.0), None);
/// assert_eq!(change.update(12.0), Some(1.2));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter
/// 10.
pub type Rocr = Machine<Lagged<Kernel>>;

impl Rocr {
    /// The change over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Rocr`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl Comparison for Kernel {
    const INFO: Info = Info {
        name: "ROCR",
        title: "Rate of Change as a Ratio",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 1)],
        unstable_period: false,
    };

    #[inline(always)]
    fn compare(value: f64, past: f64) -> f64 {
        ratio(value, past)
    }
}
