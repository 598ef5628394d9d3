//! Moving average with a period of its own for every bar.

use crate::catalog::{Group, Info};
use crate::io::ValueAndPeriod;
use crate::kernel::{self, Clock, Machine};
use crate::ma_type::MaType;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Means, States, Window};

/// Moving average with variable period (MAVP): at every bar the average over the
/// period that comes with it.
///
/// # Formula
/// `MAVP(t) = MA(x, p(t))`, where `p` is rounded towards 0 and kept from the
/// smallest to the largest period.
///
/// Simple averages share what they read: over up to 128 values each period has a sum of its
/// own, as in TA-Lib; the sum of a longer one is the difference of two totals, and differs
/// from TA-Lib's in the last bits.
///
/// Any other average depends on all that came before it, so those over every period are kept
/// up, since each may be asked for next: alone among the indicators, the cost of a closed bar
/// then grows with their number. A forming bar costs one average.
///
/// # Parameters
/// * `min_period`: the smallest period, 1 to 100,000, default 2.
/// * `max_period`: the largest, 1 to 100,000, default 30, not below the smallest. Averages
///   other than the simple one keep values of their own: then all periods from the smallest
///   to the largest may add up to 3 million (2 to 2,448, say).
/// * `ma_type`: the kind of the average, default [`MaType::Sma`].
///
/// # Lookback
/// That of the average over the largest period.
///
/// # Example
/// ```
/// use indicators::{Indicator, MaType, Mavp, ValueAndPeriod};
///
/// let mut mavp = Mavp::new(1, 3, MaType::Sma)?;
/// assert_eq!(mavp.update(ValueAndPeriod { value: 1.0, period: 1.0 }), None);
/// assert_eq!(mavp.update(ValueAndPeriod { value: 2.0, period: 1.0 }), None);
/// assert_eq!(mavp.update(ValueAndPeriod { value: 6.0, period: 3.0 }), Some(3.0));
/// assert_eq!(mavp.update(ValueAndPeriod { value: 8.0, period: 2.0 }), Some(7.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition, with TA-Lib's choice of averages; no single source is known.
pub type Mavp = Machine<Kernel>;

impl Mavp {
    /// Averages of a kind over `min_period` to `max_period` values.
    ///
    /// # Errors
    /// When a period is not from 1 to 100,000, when the smallest is above the
    /// largest, or when the periods of averages that are not simple add up to more
    /// than 3 million.
    pub fn new(
        min_period: usize,
        max_period: usize,
        ma_type: MaType,
    ) -> Result<Self, ParameterError> {
        let values = [min_period as f64, max_period as f64, ma_type.number()];
        Self::from_values(&values.map(Some))
    }
}

/// The most values that averages other than the simple one may keep together.
const MOST_VALUES: usize = 3_000_000;

/// The definition of [`Mavp`].
#[derive(Clone, Debug)]
pub struct Kernel {
    min: usize,
    max: usize,
    averages: Averages,
    lookback: usize,
}

/// The averages over every period.
#[derive(Clone, Debug)]
enum Averages {
    Simple(Means),
    /// One for each period from the smallest.
    Other(Box<[ma::Kernel]>, States<ma::State>),
}

/// The clock at a bar.
#[derive(Clone, Copy)]
struct At(usize);

impl Clock for At {
    fn bar(self) -> usize {
        self.0
    }

    fn since(self, start: usize) -> Option<Self> {
        self.0.checked_sub(start).map(At)
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MAVP",
        title: "Moving average with variable period",
        group: Group::Overlap,
        parameters: &[
            Parameter::period("min_period", 2, 1),
            Parameter::period("max_period", 30, 1),
            Parameter::ma_type("ma_type", MaType::Sma),
        ],
        unstable_period: false,
    };
    type Input = ValueAndPeriod;
    type Output = f64;
    type State = ();

    fn check(arguments: &Arguments) -> Result<(), String> {
        let (min, max) = (arguments.integer(0), arguments.integer(1));
        if min > max {
            return Err(format!("min_period is {min}, expected at most max_period, {max}"));
        }
        let kind = arguments.ma_type(2, MaType::Sma);
        let values = (min + max) * (max - min + 1) / 2;
        if kind != MaType::Sma && values > MOST_VALUES {
            return Err(format!(
                "{kind} is kept up for each period, and those from {min} to {max} add up to \
                 {values}, expected at most {MOST_VALUES}"
            ));
        }
        Ok(())
    }

    fn new(arguments: &Arguments) -> Self {
        let (min, max) = (arguments.integer(0), arguments.integer(1));
        let kind = arguments.ma_type(2, MaType::Sma);
        let lookback = ma::Kernel::over(max, kind).lookback();
        let averages = if kind == MaType::Sma {
            Averages::Simple(Means::new(min, max))
        } else {
            let averages = (min..=max).map(|period| ma::Kernel::over(period, kind)).collect();
            Averages::Other(averages, States::new(max - min + 1))
        };
        Self { min, max, averages, lookback }
    }

    fn lookback(&self) -> usize {
        self.lookback
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, _: &mut (), input: ValueAndPeriod) -> f64 {
        let period = input.period.clamp(self.min as f64, self.max as f64) as usize;
        match &self.averages {
            Averages::Simple(means) => means.step(clock, period, input.value),
            Averages::Other(averages, states) => {
                let part = period - self.min;
                let Some(average) = averages.get(part) else { return f64::NAN };
                match clock.since(self.lookback - average.lookback()) {
                    Some(clock) => average.step(clock, &mut states.get(part), input.value),
                    None => 0.0,
                }
            }
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, _: &(), input: ValueAndPeriod) {
        match &mut self.averages {
            Averages::Simple(means) => means.store(clock, input.value),
            Averages::Other(averages, states) => {
                for (average, part) in averages.iter_mut().zip(states.iter_mut()) {
                    // All give their first value at the same bar.
                    let start = self.lookback - average.lookback();
                    let Some(clock) = At(clock.bar()).since(start) else { continue };
                    average.step(clock, part, input.value);
                    average.store(clock, part, input.value);
                }
            }
        }
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        match &mut self.averages {
            Averages::Simple(means) => means.windows(visit),
            Averages::Other(averages, states) => {
                averages.iter_mut().for_each(|average| average.windows(visit));
                visit(states);
            }
        }
    }
}
