//! Rate of change as a ratio in percent.

use crate::catalog::{Group, Info};
use crate::kernel::Machine;
use crate::lagged::{Comparison, Lagged};
use crate::momentum::roc::ratio;
use crate::parameter::{Parameter, ParameterError};

/// Rate of change as a ratio in percent (ROCR100): the value in relation to the
/// one some bars ago, which counts as 100.
///
/// # Formula
/// `ROCR100(t) = x(t) / x(t-n) · 100`, and 0 where `x(t-n)` is 0.
///
/// # Parameters
/// * `time_period` `n`: bars to look back, 1 to 100,000, default 10.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Rocr100};
///
/// let mut change = Rocr100::new(1)?;
/// assert_eq!(change.update(10.0), None);
/// assert_eq!(change.update(12.0), Some(120.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter
/// 10.
pub type Rocr100 = Machine<Lagged<Kernel>>;

impl Rocr100 {
    /// The change over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Rocr100`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl Comparison for Kernel {
    const INFO: Info = Info {
        name: "ROCR100",
        title: "Rate of Change as a Ratio in Percent",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 1)],
        unstable_period: false,
    };

    #[inline(always)]
    fn compare(value: f64, past: f64) -> f64 {
        ratio(value, past) * 100.0
    }
}
