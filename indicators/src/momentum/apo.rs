//! Absolute price oscillator.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::ma_type::MaType;
use crate::momentum::ppo;
use crate::parameter::{Arguments, ParameterError};
use crate::window::Window;

/// Absolute price oscillator (APO): how far a fast average runs ahead of a slow
/// one.
///
/// # Formula
/// `APO = MA(x, fast) - MA(x, slow)`. Periods in the wrong order are swapped.
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 12.
/// * `slow_period`: 2 to 100,000, default 26.
/// * `ma_type`: the kind of both averages, default [`MaType::Ema`].
///
/// # Lookback
/// That of the slow average.
///
/// # Example
/// ```
/// use indicators::{Indicator, MaType, Apo};
///
/// let mut oscillator = Apo::new(2, 3, MaType::Sma)?;
/// let last = [1.0, 2.0, 3.0].map(|x| oscillator.update(x))[2];
/// assert_eq!(last, Some(0.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Gerald Appel, *Technical Analysis: Power Tools for Active Investors*, 2005.
pub type Apo = Machine<Kernel>;

impl Apo {
    /// Two averages of one kind.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(
        fast_period: usize,
        slow_period: usize,
        ma_type: MaType,
    ) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period].map(|period| Some(period as f64));
        Self::from_values(&[periods[0], periods[1], Some(ma_type.number())])
    }
}

/// The definition of [`Apo`].
#[derive(Clone, Debug)]
pub struct Kernel {
    averages: ppo::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "APO",
        title: "Absolute Price Oscillator",
        group: Group::Momentum,
        parameters: ppo::Kernel::INFO.parameters,
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = ppo::State;

    fn new(arguments: &Arguments) -> Self {
        Self { averages: ppo::Kernel::new(arguments) }
    }

    fn lookback(&self) -> usize {
        self.averages.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, value: f64) -> f64 {
        let (fast, slow) = self.averages.averages(clock, state, value);
        fast - slow
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, value: f64) {
        self.averages.store(clock, state, value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.averages.windows(visit);
    }
}
