//! Intraday momentum index.

use crate::catalog::{Group, Info};
use crate::io::OpenClose;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{AFRESH, RenewedSum, Ring, Window};
use serde::{Deserialize, Serialize};

/// Intraday momentum index (IMI): the share of rising bodies in all bodies of
/// the last bars, in percent.
///
/// # Formula
/// `IMI(t) = 100 · U(t) / (U(t) + D(t))`, where `U` is the sum of
/// `close - open` of the last `n` bars over those that rose, and `D` that of
/// `open - close` over the others; 50 where there was no body.
///
/// Over up to 128 bars the bodies are summed anew from the oldest on, as in TA-Lib; over
/// more the sums are kept up, with what rounding takes from them, and the values differ from
/// TA-Lib's in the last bits.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Imi, Indicator, OpenClose};
///
/// let mut index = Imi::new(2)?;
/// assert_eq!(index.update(OpenClose { open: 10.0, close: 13.0 }), None);
/// assert_eq!(index.update(OpenClose { open: 13.0, close: 12.0 }), Some(75.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tushar S. Chande and Stanley Kroll, *The New Technical Trader*, 1994.
pub type Imi = Machine<Kernel>;

impl Imi {
    /// The index over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Imi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    bodies: Ring,
}

/// The sums of a long window's rises and falls.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    rises: RenewedSum,
    falls: RenewedSum,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "IMI",
        title: "Intraday Momentum Index",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = OpenClose;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, bodies: Ring::new(period - 1) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut State, bar: OpenClose) -> f64 {
        let latest = bar.close - bar.open;
        let (rises, falls) = if self.period > AFRESH {
            let (earlier, oldest) = (self.period - 1, self.bodies.oldest());
            let rises = state.rises.step(earlier, oldest.max(0.0), latest.max(0.0));
            (rises, state.falls.step(earlier, (-oldest).max(0.0), (-latest).max(0.0)))
        } else {
            let bodies = self.bodies.iter().chain([latest]);
            bodies.fold((0.0, 0.0), |(rises, falls), body| {
                if body > 0.0 { (rises + body, falls) } else { (rises, falls - body) }
            })
        };
        let all = rises + falls;
        if all == 0.0 { 50.0 } else { 100.0 * (rises / all) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, bar: OpenClose) {
        self.bodies.push(bar.close - bar.open);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.bodies);
    }
}
