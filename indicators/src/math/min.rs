//! Lowest value over a period.

use crate::catalog::{Group, Info};
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Extreme, ExtremeState, Lowest, Window};

/// Lowest value over a period (MIN).
///
/// # Formula
/// `MIN(t) = min(x(t), x(t-1), …, x(t-n+1))`
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 30. The cost of a bar does not
///   depend on it.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Indicator, Min};
///
/// let mut min = Min::new(2)?;
/// assert_eq!(min.update(3.0), None);
/// assert_eq!(min.update(1.0), Some(1.0));
/// assert_eq!(min.update(2.0), Some(1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition. How it is found in a time that does not depend on the period: Marcel van
/// Herk, "A fast algorithm for local minimum and maximum filters on rectangular and
/// octagonal kernels", *Pattern Recognition Letters* 13, 1992, and Joseph Gil and Michael
/// Werman, "Computing 2-D min, median, and max filters", *IEEE Transactions on Pattern
/// Analysis and Machine Intelligence* 15, 1993.
pub type Min = Machine<Kernel>;

impl Min {
    /// The lowest of the last `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Min`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    window: Extreme<Lowest>,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MIN",
        title: "Lowest value over a specified period",
        group: Group::MathOperators,
        parameters: &[Parameter::period("time_period", 30, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = ExtremeState<Lowest>;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, window: Extreme::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut Self::State, value: f64) -> f64 {
        self.window.step(state, value)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &Self::State, value: f64) {
        self.window.store(state, value);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut Self::State,
        values: <Self::Input as Input>::Columns<'_>,
        extremes: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let finite = Self::Input::are_finite(values);
        if finite {
            self.window.columns(state, values, extremes, &mut room.scratch);
        }
        finite
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.window);
    }
}
