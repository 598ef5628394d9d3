//! Vortex indicator.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, output};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::volatility::trange;
use crate::window::{RollingSums, Window, ZeroRun};
use serde::{Deserialize, Serialize};

/// Vortex indicator (VORTEX): how far highs reach above the lows before them,
/// and lows below the highs before them, in relation to the true range.
///
/// # Formula
/// `plus(t)` is the sum of the last `n` distances `|high(t) - low(t-1)|`, and
/// `minus(t)` that of `|low(t) - high(t-1)|`, each in relation to the sum of
/// the last `n` true ranges; 0 where that is 0.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 14.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, Vortex};
///
/// let mut vortex = Vortex::new(1)?;
/// assert_eq!(vortex.update(HighLowClose { high: 12.0, low: 10.0, close: 11.0 }), None);
/// let output = vortex.update(HighLowClose { high: 14.0, low: 10.0, close: 13.0 }).expect("the second bar is past the lookback");
/// assert_eq!((output.plus, output.minus), (1.0, 0.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Etienne Botes and Douglas Siepman, "The Vortex Indicator", *Technical
/// Analysis of Stocks & Commodities*, January 2010.
pub type Vortex = Machine<Kernel>;

impl Vortex {
    /// The movements over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

output! {
    /// What [`Vortex`] gives.
    VortexOutput {
        /// The movement up.
        plus: "outPlusVI",
        /// The movement down.
        minus: "outMinusVI",
    }
}

/// The definition of [`Vortex`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    range: trange::Kernel,
    sums: RollingSums<3>,
    flat: ZeroRun,
}

/// The latest bar, what it adds to the sums of true ranges and of movements up
/// and down, and the sums.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    range: trange::State,
    high: f64,
    low: f64,
    terms: [f64; 3],
    sums: [f64; 3],
    zeros: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "VORTEX",
        title: "Vortex Indicator",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 1)],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = VortexOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self {
            period,
            range: trange::Kernel,
            sums: RollingSums::new(period),
            flat: ZeroRun::new(period),
        }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> VortexOutput {
        let range = self.range.step(clock, &mut state.range, bar);
        let begun = clock.since(1).is_some();
        let terms = [range, (bar.high - state.low).abs(), (bar.low - state.high).abs()];
        state.terms = if begun { terms } else { [0.0; 3] };
        (state.high, state.low) = (bar.high, bar.low);
        self.sums.step(&mut state.sums, state.terms);
        if self.flat.step(&mut state.zeros, range == 0.0) {
            state.sums[0] = 0.0;
        }
        let [ranges, plus, minus] = state.sums;
        if ranges > 0.0 {
            VortexOutput { plus: plus / ranges, minus: minus / ranges }
        } else {
            VortexOutput { plus: 0.0, minus: 0.0 }
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: HighLowClose) {
        self.sums.store(state.terms);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.sums);
    }
}
