//! Rate of change.

use crate::catalog::{Group, Info};
use crate::kernel::Machine;
use crate::lagged::{Comparison, Lagged};
use crate::parameter::{Parameter, ParameterError};

/// Rate of change (ROC): how far the value has moved from the one some bars
/// ago, in percent of that one.
///
/// # Formula
/// `ROC(t) = (x(t) / x(t-n) - 1) · 100`, and 0 where `x(t-n)` is 0.
///
/// # Parameters
/// * `time_period` `n`: bars to look back, 1 to 100,000, default 10.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Roc};
///
/// let mut change = Roc::new(1)?;
/// assert_eq!(change.update(10.0), None);
/// assert_eq!(change.update(12.0), Some(19.999999999999996));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter
/// 10.
pub type Roc = Machine<Lagged<Kernel>>;

impl Roc {
    /// The change over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Roc`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl Comparison for Kernel {
    const INFO: Info = Info {
        name: "ROC",
        title: "Rate of Change",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 1)],
        unstable_period: false,
    };

    #[inline(always)]
    fn compare(value: f64, past: f64) -> f64 {
        rate(value, past)
    }
}

/// The rate of change from `base` to `value`, for use within another indicator.
#[inline(always)]
pub(crate) fn rate(value: f64, base: f64) -> f64 {
    if base == 0.0 { 0.0 } else { (value / base - 1.0) * 100.0 }
}

/// `value` in relation to `base`; 0 where that is 0. For use within another
/// indicator.
#[inline(always)]
pub(crate) fn ratio(value: f64, base: f64) -> f64 {
    if base == 0.0 { 0.0 } else { value / base }
}
