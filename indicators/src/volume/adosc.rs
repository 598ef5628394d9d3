//! Accumulation/distribution oscillator.

use crate::catalog::{Group, Info};
use crate::clock::RUNNING;
use crate::io::{HighLowCloseVolume, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::terms::carry_terms;
use crate::volume::ad::{self, money_flow_volume};
use serde::{Deserialize, Serialize};

/// Chaikin oscillator (ADOSC): how far a fast exponential average of the
/// accumulation/distribution line runs ahead of a slow one.
///
/// # Formula
/// `ADOSC = E(AD, fast) - E(AD, slow)`, where
/// `E(t) = E(t-1) + 2 / (n + 1) · (AD(t) - E(t-1))` begins at the first bar
/// with the line itself. Periods in the wrong order are not swapped.
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 3.
/// * `slow_period`: 2 to 100,000, default 10.
///
/// # Lookback
/// The longer period less one.
///
/// # Example
/// ```
/// use indicators::{Adosc, HighLowCloseVolume, Indicator};
///
/// let mut oscillator = Adosc::new(2, 3)?;
/// assert_eq!(oscillator.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 12.0, volume: 60.0 }), None);
/// assert_eq!(oscillator.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 12.0, volume: 60.0 }), None);
/// assert_eq!(oscillator.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 10.0, volume: 60.0 }).map(f64::round), Some(8.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Marc Chaikin; Steven B. Achelis, *Technical Analysis from A to Z*, 2nd
/// edition, 2001, "Chaikin Oscillator".
pub type Adosc = Machine<Kernel>;

impl Adosc {
    /// Two averages of the accumulation/distribution line.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(fast_period: usize, slow_period: usize) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period];
        Self::from_values(&periods.map(|period| Some(period as f64)))
    }
}

/// The definition of [`Adosc`].
#[derive(Clone, Debug)]
pub struct Kernel {
    lookback: usize,
    fast: (f64, f64),
    slow: (f64, f64),
}

/// The line and its averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    line: ad::State,
    fast: f64,
    slow: f64,
}

impl Kernel {
    /// The oscillator of the bar whose volume counts so much.
    #[inline(always)]
    fn take<C: Clock>(&self, clock: C, state: &mut State, volume: f64) -> f64 {
        let line = state.line.add(volume);
        if clock.bar() == 0 {
            state.fast = line;
            state.slow = line;
        } else {
            // Fused, as in TA-Lib's C library.
            state.fast = self.fast.1.mul_add(state.fast, self.fast.0 * line);
            state.slow = self.slow.1.mul_add(state.slow, self.slow.0 * line);
        }
        state.fast - state.slow
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ADOSC",
        title: "Chaikin A/D Oscillator",
        group: Group::Volume,
        parameters: &[
            Parameter::period("fast_period", 3, 2),
            Parameter::period("slow_period", 10, 2),
        ],
        unstable_period: false,
    };
    type Input = HighLowCloseVolume;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let fast = arguments.integer(0);
        let slow = arguments.integer(1);
        Self {
            lookback: fast.max(slow) - 1,
            fast: weights(fast),
            slow: weights(slow),
        }
    }

    fn lookback(&self) -> usize {
        self.lookback
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowCloseVolume) -> f64 {
        self.take(clock, state, money_flow_volume(bar))
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        bars: <Self::Input as Input>::Columns<'_>,
        oscillator: &mut <Self::Output as Output>::Columns<'_>,
        _: &mut Ready,
    ) -> bool {
        carry_terms(bars, oscillator, state, money_flow_volume, |state, volume| {
            self.take(RUNNING, state, volume)
        })
    }
}

/// How much the new value and the average so far weigh.
fn weights(period: usize) -> (f64, f64) {
    let new = 2.0 / (period + 1) as f64;
    (new, 1.0 - new)
}
