//! Bollinger bands.

use crate::catalog::{Group, Info};
use crate::io::{Input, Output, output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::ma_type::MaType;
use crate::overlap::{ma, sma};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{BLOCK, Variance, VarianceState, Window, block, lines};
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

impl Kernel {
    /// The averages and the bands around them.
    #[inline(always)]
    fn bands<const N: usize>(&self, middle: [f64; N], variances: [f64; N]) -> [[f64; N]; 3] {
        let deviations = variances.map(f64::sqrt);
        let around = |band: fn(f64, f64, f64) -> f64, width: f64| {
            std::array::from_fn(|lane| band(middle[lane], deviations[lane], width))
        };
        // Fused only above, and only where the two differ, as in TA-Lib's C library.
        let upper = match self.up == self.down {
            true => around(|middle, deviation, width| middle + deviation * width, self.up),
            false => around(|middle, deviation, width| deviation.mul_add(width, middle), self.up),
        };
        [upper, middle, around(|middle, deviation, width| middle - deviation * width, self.down)]
    }

    /// Fills rows whose windows are in the line, around simple means.
    #[inline(always)]
    fn simple(
        &self,
        means: &sma::Kernel,
        (average, variance): &mut (sma::State, VarianceState),
        line: &[f64],
        mut columns: <BbandsOutput as Output>::Columns<'_>,
        rows: usize,
    ) {
        let mut row = 0;
        while row < rows {
            let come = row + self.period;
            if row + BLOCK <= rows {
                let (oldest, values) = (block(line, row + 1), block(line, come));
                if let Some(variances) = self.variance.block::<BLOCK>(variance, oldest, values) {
                    let means = means.block(average, block(line, row), values);
                    put(&mut columns, row, self.bands(means, variances));
                    row += BLOCK;
                    continue;
                }
            }
            let mean = means.block(average, block(line, row), block(line, come));
            let variance = self.variance.over(variance, &line[row + 1..=come]);
            put(&mut columns, row, self.bands::<1>(mean, [variance]));
            row += 1;
        }
    }
}

/// Puts values into several rows of each column.
#[inline(always)]
fn put<const N: usize>(columns: &mut [&mut [f64]; 3], row: usize, values: [[f64; N]; 3]) {
    for (column, values) in columns.iter_mut().zip(values) {
        column[row..row + N].copy_from_slice(&values);
    }
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
        let [[upper], [middle], [lower]] = self.bands([middle], [variance]);
        BbandsOutput { upper, middle, lower }
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

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        values: <Self::Input as Input>::Columns<'_>,
        columns: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let ma::Kernel::Sma(means) = &self.average else { return false };
        let ma::State::Sma(average) = state.average else { return false };
        let [room, _] = &mut room.scratch;
        let Some(lines) = lines(means.ring(), values, room) else { return false };
        let mut now = (average, state.variance);
        for (line, rows) in lines {
            let Some(part) = BbandsOutput::rows(columns, rows.clone()) else { return false };
            self.simple(means, &mut now, line, part, rows.len());
        }
        if !Self::Input::are_finite(values) {
            return false;
        }
        *state = State { average: ma::State::Sma(now.0), variance: now.1 };
        self.variance.ring_mut().extend(values);
        if let ma::Kernel::Sma(means) = &mut self.average {
            means.ring_mut().extend(values);
        }
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.average.windows(visit);
        visit(&mut self.variance);
    }
}
