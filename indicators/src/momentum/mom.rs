//! Momentum.

use crate::catalog::{Group, Info};
use crate::kernel::Machine;
use crate::lagged::{Comparison, Lagged};
use crate::parameter::{Parameter, ParameterError};

/// Momentum (MOM): how far the value has moved from the one some bars ago.
///
/// # Formula
/// `MOM(t) = x(t) - x(t-n)`
///
/// # Parameters
/// * `time_period` `n`: bars to look back, 1 to 100,000, default 10.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Mom};
///
/// let mut change = Mom::new(1)?;
/// assert_eq!(change.update(10.0), None);
/// assert_eq!(change.update(12.0), Some(2.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter
/// 10.
pub type Mom = Machine<Lagged<Kernel>>;

impl Mom {
    /// The change over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Mom`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl Comparison for Kernel {
    const INFO: Info = Info {
        name: "MOM",
        title: "Momentum",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 1)],
        unstable_period: false,
    };

    #[inline(always)]
    fn compare(value: f64, past: f64) -> f64 {
        value - past
    }
}
