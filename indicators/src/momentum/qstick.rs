//! Qstick.

use crate::catalog::{Group, Info};
use crate::io::OpenClose;
use crate::kernel::Machine;
use crate::mean_of::{MeanOf, Term};
use crate::parameter::{Parameter, ParameterError};

/// Qstick (QSTICK): the mean body of the last bars, above zero when they rose
/// on the whole.
///
/// # Formula
/// `QSTICK = SMA(close - open, n)`
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 10.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, OpenClose, Qstick};
///
/// let mut qstick = Qstick::new(2)?;
/// assert_eq!(qstick.update(OpenClose { open: 10.0, close: 13.0 }), None);
/// assert_eq!(qstick.update(OpenClose { open: 13.0, close: 12.0 }), Some(1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande and Stanley Kroll, *The New Technical Trader*, 1994.
pub type Qstick = Machine<MeanOf<Kernel>>;

impl Qstick {
    /// The mean body of `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Qstick`].
#[derive(Clone, Debug)]
pub struct Kernel;

impl Term for Kernel {
    const INFO: Info = Info {
        name: "QSTICK",
        title: "Qstick",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 1)],
        unstable_period: false,
    };
    type Input = OpenClose;

    #[inline(always)]
    fn of(bar: OpenClose) -> f64 {
        bar.close - bar.open
    }
}
