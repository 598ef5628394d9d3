//! Moving average with a period of its own for every bar.

use crate::catalog::{Group, Info};
use crate::io::ValueAndPeriod;
use crate::kernel::{self, Clock, Machine};
use crate::ma_type::MaType;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{States, Window};
use serde::{Deserialize, Serialize};

/// Moving average with variable period (MAVP): at every bar the average over the
/// period that comes with it.
///
/// # Formula
/// `MAVP(t) = MA(x, p(t))`, where `p` is rounded towards 0 and kept from the
/// smallest to the largest period.
///
/// # Parameters
/// * `min_period`: the smallest period, 1 to 100,000, default 2.
/// * `max_period`: the largest, 1 to 100,000, default 30, not below the smallest.
///   The averages over all periods from the smallest to the largest are kept up,
///   since each may be asked for next: the cost of a closed bar grows with their
///   number, and memory with the sum of their lengths, which may be 100 million.
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
/// TA-Lib, group 'Overlap Studies'.
pub type Mavp = Machine<Kernel>;

impl Mavp {
    /// Averages of a kind over `min_period` to `max_period` values.
    ///
    /// # Errors
    /// When a period is not from 1 to 100,000, when the smallest is above the
    /// largest, or when the periods add up to more than 100 million.
    pub fn new(
        min_period: usize,
        max_period: usize,
        ma_type: MaType,
    ) -> Result<Self, ParameterError> {
        let values = [min_period as f64, max_period as f64, ma_type.number()];
        Self::from_values(&values.map(Some))
    }
}

/// The most values that the averages may keep together.
const MOST_VALUES: usize = 100_000_000;

/// The definition of [`Mavp`].
#[derive(Clone, Debug)]
pub struct Kernel {
    min: f64,
    max: f64,
    /// One for each period from the smallest.
    averages: Box<[ma::Kernel]>,
    states: States<ma::State>,
    lookback: usize,
}

/// Which bar it is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    bar: usize,
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
    type State = State;

    fn check(arguments: &Arguments) -> Result<(), String> {
        let (min, max) = (arguments.integer(0), arguments.integer(1));
        if min > max {
            return Err(format!("min_period is {min}, expected at most max_period, {max}"));
        }
        let values = (min + max) * (max - min + 1) / 2;
        if values > MOST_VALUES {
            return Err(format!(
                "the periods from {min} to {max} add up to {values}, expected at most {MOST_VALUES}"
            ));
        }
        Ok(())
    }

    fn new(arguments: &Arguments) -> Self {
        let (min, max) = (arguments.integer(0), arguments.integer(1));
        let kind = arguments.ma_type(2, MaType::Sma);
        let averages: Box<[_]> = (min..=max).map(|period| ma::Kernel::over(period, kind)).collect();
        let lookback = averages.last().map_or(0, ma::Kernel::lookback);
        let states = States::new(averages.len());
        Self { min: min as f64, max: max as f64, averages, states, lookback }
    }

    fn lookback(&self) -> usize {
        self.lookback
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, input: ValueAndPeriod) -> f64 {
        state.bar = clock.bar();
        let part = (input.period.clamp(self.min, self.max) - self.min) as usize;
        let Some(average) = self.averages.get(part) else { return f64::NAN };
        match clock.since(self.lookback - average.lookback()) {
            Some(clock) => average.step(clock, &mut self.states.get(part), input.value),
            None => 0.0,
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, input: ValueAndPeriod) {
        for (average, part) in self.averages.iter_mut().zip(self.states.iter_mut()) {
            // All give their first value at the same bar.
            let Some(clock) = At(state.bar).since(self.lookback - average.lookback()) else {
                continue;
            };
            average.step(clock, part, input.value);
            average.store(clock, part, input.value);
        }
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.averages.iter_mut().for_each(|average| average.windows(visit));
        visit(&mut self.states);
    }
}
