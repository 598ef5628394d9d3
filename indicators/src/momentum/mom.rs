//! Momentum.

use crate::catalog::{Group, Info};
use crate::clock::PIECE;
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Ring, Window, fill_pairs};

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
pub type Mom = Machine<Kernel>;

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
pub struct Kernel {
    past: Ring,
    period: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MOM",
        title: "Momentum",
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
        value - self.past.oldest()
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &(), value: f64) {
        self.past.push(value);
    }

    const FILLS: bool = true;
    const PIECE: usize = 4 * PIECE;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut (),
        values: <Self::Input as Input>::Columns<'_>,
        moves: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        fill_pairs(&mut self.past, values, moves, state, |_, oldest, value| value - oldest)
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.past);
    }
}
