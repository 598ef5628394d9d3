//! Williams fractal.

use crate::catalog::{Group, Info};
use crate::io::{HighLow, output};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Ring, Window};
use serde::{Deserialize, Serialize};

/// Williams fractal (FRACTAL): bars whose high is above all highs around them,
/// or whose low is below all lows around them. It is known, and given, only
/// when the bars on the right have closed.
///
/// # Formula
/// `swing_high(t)` is 100 if the high of bar `t - r` is above those of the `l`
/// bars before it and of the `r` bars after it, and 0 otherwise; `swing_low(t)`
/// likewise of lows below.
///
/// # Parameters
/// * `left_bars` `l`: bars before, 1 to 100,000, default 2.
/// * `right_bars` `r`: bars after, 1 to 100,000, default 2.
///
/// # Lookback
/// `l + r`
///
/// # Example
/// ```
/// use indicators::{Fractal, HighLow, Indicator};
///
/// let mut fractal = Fractal::new(1, 1)?;
/// assert_eq!(fractal.update(HighLow { high: 12.0, low: 9.0 }), None);
/// assert_eq!(fractal.update(HighLow { high: 14.0, low: 10.0 }), None);
/// let output = fractal.update(HighLow { high: 13.0, low: 10.0 }).expect("the third bar is past the lookback");
/// assert_eq!((output.swing_high, output.swing_low), (100, 0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Bill Williams, *Trading Chaos*, 1995.
pub type Fractal = Machine<Kernel>;

impl Fractal {
    /// The bars that stand out from `left_bars` before and `right_bars` after them.
    ///
    /// # Errors
    /// When a number of bars is not from 1 to 100,000.
    pub fn new(left_bars: usize, right_bars: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[left_bars, right_bars].map(|bars| Some(bars as f64)))
    }
}

output! {
    /// What [`Fractal`] gives, of the bar `right_bars` ago.
    FractalOutput {
        /// 100 if its high stands out, 0 otherwise.
        swing_high: i32 "outSwingHigh",
        /// 100 if its low stands out, 0 otherwise.
        swing_low: i32 "outSwingLow",
    }
}

/// The definition of [`Fractal`].
#[derive(Clone, Debug)]
pub struct Kernel {
    left: usize,
    right: usize,
    /// The latest bars, back to the one before the bar that may stand out.
    highs: Ring,
    lows: Ring,
    before: Range,
    after: Range,
}

/// Where the windows are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    before: RangeState,
    after: RangeState,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "FRACTAL",
        title: "Williams Fractal",
        group: Group::Momentum,
        parameters: &[Parameter::period("left_bars", 2, 1), Parameter::period("right_bars", 2, 1)],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = FractalOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let left_bars = arguments.integer(0);
        let right_bars = arguments.integer(1);
        Self {
            left: left_bars,
            right: right_bars,
            highs: Ring::new(right_bars + 1),
            lows: Ring::new(right_bars + 1),
            before: Range::new(left_bars),
            after: Range::new(right_bars),
        }
    }

    fn lookback(&self) -> usize {
        self.left + self.right
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLow) -> FractalOutput {
        let (high_before, low_before) =
            self.before.step(clock, &mut state.before, self.highs.oldest(), self.lows.oldest());
        let (high_after, low_after) = self.after.step(clock, &mut state.after, bar.high, bar.low);
        let (high, low) = (self.highs.ago(self.right), self.lows.ago(self.right));
        let swing = |found: bool| 100 * i32::from(found);
        FractalOutput {
            swing_high: swing(high > high_before.max(high_after)),
            swing_low: swing(low < low_before.min(low_after)),
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, bar: HighLow) {
        let (high, low) = (self.highs.oldest(), self.lows.oldest());
        self.before.store(clock, &state.before, high, low);
        self.after.store(clock, &state.after, bar.high, bar.low);
        self.highs.push(bar.high);
        self.lows.push(bar.low);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.highs);
        visit(&mut self.lows);
        self.before.windows(visit);
        self.after.windows(visit);
    }
}
