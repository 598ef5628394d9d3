//! Tillson's moving average.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Triple exponential moving average (T3): a smoothing that removes part of its
/// own lag, applied three times.
///
/// # Formula
/// `T3 = GD(GD(GD(x)))`, where `GD(x) = (1 + v) · EMA(x, n) - v · EMA(EMA(x, n), n)`.
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 5; 1 smooths nothing.
/// * `v_factor` `v`: how much of the lag is removed, from 0 (none) to 1 (as much
///   as a DEMA does), default 0.7.
///
/// # Lookback
/// `6 · (n - 1)`, and the unstable period.
///
/// # Example
/// ```
/// use indicators::{Indicator, T3};
///
/// let mut t3 = T3::new(2, 0.0)?;
/// assert_eq!(t3.lookback(), 6);
/// let last = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0].map(|x| t3.update(x))[6];
/// assert_eq!(last, Some(5.5)); // without `v` three averages lag by 0.5 each
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Tim Tillson, *Smoothing Techniques for More Accurate Signals*, Technical
/// Analysis of Stocks & Commodities, volume 16, 1998, pages 33 to 37.
pub type T3 = Machine<Kernel>;

impl T3 {
    /// The average over `time_period` values, less the lag by `v_factor`.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000, or the factor not from 0 to 1.
    pub fn new(time_period: usize, v_factor: f64) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64), Some(v_factor)])
    }
}

/// The definition of [`T3`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    weight: f64,
    kept: f64,
    /// The weights of the third to the sixth average.
    factors: [f64; 4],
}

/// Six averages, each of the one before it: sums until there are enough values.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    averages: [f64; 6],
}

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize, v_factor: f64) -> Self {
        let weight = 2.0 / (period as f64 + 1.0);
        let square = v_factor * v_factor;
        let sixth = -(square * v_factor);
        let fifth = 3.0 * (square - sixth);
        let fourth = -6.0 * square - 3.0 * (v_factor - sixth);
        let third = 3f64.mul_add(square, 3f64.mul_add(v_factor, 1.0) - sixth);
        let factors = [third, fourth, fifth, sixth];
        Self { period, weight, kept: 1.0 - weight, factors }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "T3",
        title: "Triple Exponential Moving Average (T3)",
        group: Group::Overlap,
        parameters: &[
            Parameter::period("time_period", 5, 1),
            Parameter::real("v_factor", 0.7, 0.0, 1.0),
        ],
        unstable_period: true,
    };
    type Input = f64;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        Self::over(arguments.integer(0), arguments.real(1))
    }

    fn lookback(&self) -> usize {
        6 * (self.period - 1)
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
        if self.period == 1 {
            // The factors add up to 1 only nearly.
            return value;
        }
        let mut input = value;
        for (place, average) in state.averages.iter_mut().enumerate() {
            let Some(clock) = clock.since(place * (self.period - 1)) else { break };
            if clock.bar() >= self.period {
                // Fused, as in TA-Lib's C library.
                *average = self.kept.mul_add(*average, self.weight * input);
            } else {
                *average += input;
                if clock.bar() < self.period - 1 {
                    break;
                }
                *average /= self.period as f64;
            }
            input = *average;
        }
        let [_, _, e3, e4, e5, e6] = state.averages;
        let [third, fourth, fifth, sixth] = self.factors;
        third.mul_add(e3, fourth.mul_add(e4, sixth.mul_add(e6, fifth * e5)))
    }
}
