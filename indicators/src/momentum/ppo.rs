//! Percentage price oscillator.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::ma_type::MaType;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Percentage price oscillator (PPO): how far a fast average runs ahead of a
/// slow one, in percent of the slow one.
///
/// # Formula
/// `PPO = 100 · (MA(x, fast) - MA(x, slow)) / MA(x, slow)`, and 0 where the slow
/// average is 0. Periods in the wrong order are swapped.
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
/// use indicators::{Indicator, MaType, Ppo};
///
/// let mut oscillator = Ppo::new(2, 3, MaType::Sma)?;
/// let last = [1.0, 2.0, 3.0].map(|x| oscillator.update(x))[2];
/// assert_eq!(last, Some(25.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Gerald Appel, *Technical Analysis: Power Tools for Active Investors*, 2005.
pub type Ppo = Machine<Kernel>;

impl Ppo {
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

/// What is below counts as nothing to divide by, as in TA-Lib.
const LEAST: f64 = 1e-14;

/// The definition of [`Ppo`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    fast: ma::Kernel,
    slow: ma::Kernel,
}

/// The two averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    fast: ma::State,
    slow: ma::State,
}

impl Kernel {
    /// The fast and the slow average, for use within another indicator.
    #[inline(always)]
    pub(crate) fn averages<C: Clock>(&self, clock: C, state: &mut State, x: f64) -> (f64, f64) {
        let fast = kernel::Kernel::step(&self.fast, clock, &mut state.fast, x);
        (fast, kernel::Kernel::step(&self.slow, clock, &mut state.slow, x))
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "PPO",
        title: "Percentage Price Oscillator",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_period", 12, 2),
            Parameter::period("slow_period", 26, 2),
            Parameter::ma_type("ma_type", MaType::Ema),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let (fast, slow) = (arguments.integer(0), arguments.integer(1));
        let kind = arguments.ma_type(2, MaType::Ema);
        Self {
            fast: ma::Kernel::over(fast.min(slow), kind),
            slow: ma::Kernel::over(fast.max(slow), kind),
        }
    }

    fn lookback(&self) -> usize {
        self.fast.lookback().max(self.slow.lookback())
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        let (fast, slow) = self.averages(clock, state, value);
        if slow.abs() < LEAST { 0.0 } else { (fast - slow) / slow * 100.0 }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.fast.store(clock, &state.fast, value);
        self.slow.store(clock, &state.slow, value);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.fast.windows(visit);
        self.slow.windows(visit);
    }
}
