//! Rate of change as a fraction.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::momentum::roc::ratio;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window};

/// Rate of change as a fraction (ROCP): how far the value has moved from the
/// one some bars ago, in relation to that one.
///
/// # Formula
/// `ROCP(t) = (x(t) - x(t-n)) / x(t-n)`, and 0 where `x(t-n)` is 0.
///
/// # Parameters
/// * `time_period` `n`: bars to look back, 1 to 100,000, default 10.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Rocp};
///
/// let mut change = Rocp::new(1)?;
/// assert_eq!(change.update(10.0), None);
/// assert_eq!(change.update(12.0), Some(0.2));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John J. Murphy, *Technical Analysis of the Financial Markets*, 1999, chapter
/// 10.
pub type Rocp = Machine<Kernel>;

impl Rocp {
    /// The change over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Rocp`].
#[derive(Clone, Debug)]
pub struct Kernel {
    past: Ring,
    period: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ROCP",
        title: "Rate of Change as a Fraction",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 10, 1)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = ();

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { past: Ring::new(period), period }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, _: &mut (), value: f64) -> f64 {
        let base = self.past.oldest();
        ratio(value - base, base)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &(), value: f64) {
        self.past.push(value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
    }
}
