//! Bollinger bands.

use crate::catalog::{Group, Info};
use crate::io::output;
use crate::kernel::{self, Clock, Machine};
use crate::ma_type::MaType;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Variance, VarianceState, Window};
use serde::{Deserialize, Serialize};

/// Bollinger bands (BBANDS): a moving average, and bands some standard deviations
/// above and below it.
///
/// # Formula
/// `middle = MA(x, n)`, `upper = middle + u · s`, `lower = middle - d · s`, where
/// `s` is the standard deviation of the last `n` values from their mean, with `n`
/// as divisor.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 20.
/// * `nb_dev_up` `u`, `nb_dev_dn` `d`: -3e37 to 3e37, default 2.
/// * `ma_type`: the kind of the average, default [`MaType::Sma`].
///
/// # Lookback
/// That of the average, at least `n - 1`.
///
/// # Example
/// ```
/// use indicators::{Bbands, Indicator, MaType};
///
/// let mut bbands = Bbands::new(2, 2.0, 1.0, MaType::Sma)?;
/// assert_eq!(bbands.update(1.0), None);
/// let output = bbands.update(3.0).expect("the second bar is past the lookback");
/// assert_eq!((output.upper, output.middle, output.lower), (4.0, 2.0, 1.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// John Bollinger, *Bollinger on Bollinger Bands*, 2001.
pub type Bbands = Machine<Kernel>;

impl Bbands {
    /// An average over `time_period` values, and bands so many standard deviations
    /// above and below it.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000, or a number of deviations not
    /// from -3e37 to 3e37.
    pub fn new(
        time_period: usize,
        nb_dev_up: f64,
        nb_dev_dn: f64,
        ma_type: MaType,
    ) -> Result<Self, ParameterError> {
        let values = [time_period as f64, nb_dev_up, nb_dev_dn, ma_type.number()];
        Self::from_values(&values.map(Some))
    }
}

output! {
    /// What [`Bbands`] gives, on the scale of the input.
    BbandsOutput {
        /// The average and the deviations.
        upper: "outRealUpperBand",
        /// The average.
        middle: "outRealMiddleBand",
        /// The average less the deviations.
        lower: "outRealLowerBand",
    }
}

/// The definition of [`Bbands`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ma::Kernel,
    period: usize,
    variance: Variance,
    up: f64,
    down: f64,
}

/// The average and the variance.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    average: ma::State,
    variance: VarianceState,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "BBANDS",
        title: "Bollinger Bands",
        group: Group::Overlap,
        parameters: &[
            Parameter::period("time_period", 20, 2),
            Parameter::real("nb_dev_up", 2.0, -3e37, 3e37),
            Parameter::real("nb_dev_dn", 2.0, -3e37, 3e37),
            Parameter::ma_type("ma_type", MaType::Sma),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = BbandsOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self {
            average: ma::Kernel::over(period, arguments.ma_type(3, MaType::Sma)),
            period,
            variance: Variance::new(period),
            up: arguments.real(1),
            down: arguments.real(2),
        }
    }

    fn lookback(&self) -> usize {
        self.average.lookback().max(self.period - 1)
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> BbandsOutput {
        let middle = self.average.step(clock, &mut state.average, value);
        // As in TA-Lib, the deviation starts late where the average takes longer.
        let variance = match clock.since(self.lookback() + 1 - self.period) {
            Some(clock) => self.variance.step(&mut state.variance, clock.bar(), value),
            None => 0.0,
        };
        let deviation = variance.sqrt();
        // Fused only above, and only where the two differ, as in TA-Lib's C library.
        let upper = match self.up == self.down {
            true => middle + deviation * self.up,
            false => deviation.mul_add(self.up, middle),
        };
        BbandsOutput { upper, middle, lower: middle - deviation * self.down }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.average.store(clock, &state.average, value);
        self.variance.store(value);
    }

    const HAS_AVERAGES: bool = true;

    #[inline(always)]
    fn is_simple(&self) -> bool {
        self.average.is_simple()
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.average.windows(visit);
        visit(&mut self.variance);
    }
}
