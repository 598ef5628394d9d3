//! Acceleration bands.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, output};
use crate::kernel::{self, Clock, Machine};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Acceleration bands (ACCBANDS): means of the highs and the lows, each moved
/// outwards by the range of its bar.
///
/// # Formula
/// `upper = SMA(high · (1 + w), n)`, `middle = SMA(close, n)`,
/// `lower = SMA(low · (1 - w), n)`, where
/// `w = 4 · (high - low) / (high + low)`, and 0 where `high + low` is.
///
/// # Parameters
/// * `time_period` `n`: bars in the means, 2 to 100,000, default 20.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{AccBands, HighLowClose, Indicator};
///
/// let mut accbands = AccBands::new(2)?;
/// let bar = HighLowClose { high: 5.0, low: 3.0, close: 4.0 };
/// assert_eq!(accbands.update(bar), None);
/// let output = accbands.update(bar).expect("the second bar is past the lookback");
/// assert_eq!((output.upper, output.middle, output.lower), (10.0, 4.0, 0.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Price Headley, *Big Trends in Trading*, 2002.
pub type AccBands = Machine<Kernel>;

impl AccBands {
    /// The bands over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

output! {
    /// What [`AccBands`] gives, on the scale of the prices.
    AccBandsOutput {
        /// The mean of the highs moved up.
        upper: "outRealUpperBand",
        /// The mean of the closes.
        middle: "outRealMiddleBand",
        /// The mean of the lows moved down.
        lower: "outRealLowerBand",
    }
}

/// The definition of [`AccBands`].
#[derive(Clone, Debug)]
pub struct Kernel {
    upper: sma::Kernel,
    middle: sma::Kernel,
    lower: sma::Kernel,
}

/// The three means.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    upper: sma::State,
    middle: sma::State,
    lower: sma::State,
}

/// The high and the low of a bar, moved outwards.
#[inline(always)]
fn widened(HighLowClose { high, low, .. }: HighLowClose) -> (f64, f64) {
    let sum = high + low;
    // Prices of opposite signs can leave nothing but rounding.
    if sum.abs() <= 1e-14 * (high.abs() + low.abs()) {
        return (high, low);
    }
    let width = 4.0 * (high - low) / sum;
    (high * (1.0 + width), low * (1.0 - width))
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "ACCBANDS",
        title: "Acceleration Bands",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 20, 2)],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = AccBandsOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let mean = sma::Kernel::over(arguments.integer(0));
        Self { upper: mean.clone(), middle: mean.clone(), lower: mean }
    }

    fn lookback(&self) -> usize {
        self.middle.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, input: HighLowClose) -> AccBandsOutput {
        let (high, low) = widened(input);
        AccBandsOutput {
            upper: self.upper.step(clock, &mut state.upper, high),
            middle: self.middle.step(clock, &mut state.middle, input.close),
            lower: self.lower.step(clock, &mut state.lower, low),
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, input: HighLowClose) {
        let (high, low) = widened(input);
        self.upper.store(clock, &state.upper, high);
        self.middle.store(clock, &state.middle, input.close);
        self.lower.store(clock, &state.lower, low);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.upper.windows(visit);
        self.middle.windows(visit);
        self.lower.windows(visit);
    }
}
