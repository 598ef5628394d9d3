//! Average deviation.

use crate::catalog::{Group, Info};
use crate::io::{Finite, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Sample, Window, block, fill_blocks, lay_out};
use std::array;

/// Average deviation (AVGDEV): how far the last values lie from their mean, on
/// average.
///
/// # Formula
/// `AVGDEV(t) = (|x(t) - m(t)| + … + |x(t-n+1) - m(t)|) / n`, where `m(t)` is
/// the mean of the last `n` values.
///
/// Every distance changes with the mean. Over up to 128 values, both are summed anew from
/// the latest back, as in TA-Lib; over more, sums of whole numbers are kept up, in a time
/// that hardly depends on `n`, but for about one bar in `n`, at which all values are sorted
/// anew. The result then differs from TA-Lib's in the last bits, or in more the closer
/// together the values are: TA-Lib rounds their mean, by up to some `n` last bits, and so the
/// distances from it.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Avgdev, Indicator};
///
/// let mut deviation = Avgdev::new(2)?;
/// assert_eq!(deviation.update(1.0), None);
/// assert_eq!(deviation.update(4.0), Some(1.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition: the mean absolute deviation of statistics, of the last values. It is the
/// divisor in Donald R. Lambert, "Commodity Channel Index: Tool for Trading Cyclic
/// Trends", *Commodities*, October 1980.
pub type Avgdev = Machine<Kernel>;

impl Avgdev {
    /// The average deviation of the last `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// How many bars of a batch are added up together.
const LANES: usize = 8;

/// The average deviations of several windows of as many values, of which each item holds one
/// of each window.
#[inline(always)]
fn deviations<const N: usize, I>(newest_first: impl Fn() -> I, period: usize) -> [f64; N]
where
    I: Iterator<Item = [f64; N]>,
{
    let add = |sums: [f64; N], values: [f64; N]| array::from_fn(|lane| sums[lane] + values[lane]);
    let average = |sums: [f64; N]| sums.map(|sum| sum / period as f64);
    let means = average(newest_first().fold([0.0; N], add));
    let distance = |values: [f64; N]| array::from_fn(|lane| (values[lane] - means[lane]).abs());
    average(newest_first().map(distance).fold([0.0; N], add))
}

/// The definition of [`Avgdev`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    earlier: Sample,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "AVGDEV",
        title: "Average Deviation",
        group: Group::Price,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = f64;
    type Output = f64;
    type State = ();

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, earlier: Sample::new(period, period - 1) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, _: &mut (), value: f64) -> f64 {
        match &self.earlier {
            Sample::Short(earlier) => {
                let newest_first = || std::iter::once(value).chain(earlier.iter().rev());
                let [deviation] = deviations(|| newest_first().map(|value| [value]), self.period);
                deviation
            }
            Sample::Long(earlier) => earlier.step(value).1 / self.period as f64,
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &(), value: f64) {
        self.earlier.store(value);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        _: &mut (),
        values: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let Sample::Short(earlier) = &mut self.earlier else { return false };
        let [room, _] = &mut room.scratch;
        let Some(line) = lay_out(earlier, values, room) else { return false };
        let windows = |row: usize, period: usize| (row..row + period).rev();
        let filled = fill_blocks::<LANES>(filled, |row| {
            deviations(|| windows(row, self.period).map(|at| block(line, at)), self.period)
        });
        if !filled {
            return false;
        }
        let mut finite = Finite::default();
        values.iter().for_each(|value| finite.see(*value));
        if finite.all() {
            earlier.extend(values);
        }
        finite.all()
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(self.earlier.window());
    }
}
