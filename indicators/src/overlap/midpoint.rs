//! Midpoint over a period.

use crate::catalog::{Group, Info};
use crate::io::Input;
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Window};

/// Midpoint over a period (MIDPOINT): half way between the highest and the lowest
/// of the last `n` values.
///
/// # Formula
/// `MIDPOINT = (MAX(x, n) + MIN(x, n)) / 2`
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, MidPoint};
///
/// let mut midpoint = MidPoint::new(2)?;
/// assert_eq!(midpoint.update(3.0), None);
/// assert_eq!(midpoint.update(1.0), Some(2.0));
/// assert_eq!(midpoint.update(2.0), Some(1.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition: what statistics call the midrange, of the last values. No single source
/// is known.
pub type MidPoint = Machine<Kernel>;

impl MidPoint {
    /// The midpoint of the last `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`MidPoint`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    window: Range,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MIDPOINT",
        title: "MidPoint over period",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = RangeState;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, window: Range::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut RangeState, value: f64) -> f64 {
        let (highest, lowest) = self.window.step(clock, state, value, value);
        (highest + lowest) / 2.0
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &RangeState, value: f64) {
        self.window.store(clock, state, value, value);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        values: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.window.columns(state, values, values, ready)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.window.windows(visit);
    }
}
