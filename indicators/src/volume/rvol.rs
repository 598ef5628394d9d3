//! Relative volume.

use crate::catalog::{Group, Info};
use crate::io::Volume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{RollingSum, Window};
use serde::{Deserialize, Serialize};

/// Relative volume (RVOL): the volume of a bar in relation to the mean volume
/// of the bars before it.
///
/// # Formula
/// `RVOL(t) = volume(t) / ((volume(t-1) + … + volume(t-n)) / n)`. Where there
/// was no volume before, it is infinite, or `NaN` if there is none now either;
/// as in TA-Lib 0.8.1, what rounding has left of a running sum can stand in the
/// place of that zero.
///
/// # Parameters
/// * `time_period` `n`: bars in the mean, 1 to 100,000, default 20.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{Indicator, Rvol, Volume};
///
/// let mut relative = Rvol::new(2)?;
/// assert_eq!(relative.update(Volume { volume: 1.0 }), None);
/// assert_eq!(relative.update(Volume { volume: 3.0 }), None);
/// assert_eq!(relative.update(Volume { volume: 5.0 }), Some(2.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// A definition. No single source is known.
pub type Rvol = Machine<Kernel>;

impl Rvol {
    /// Each volume in relation to the `time_period` before it.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Rvol`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    volumes: RollingSum,
}

/// The sum of the latest volumes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    sum: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "RVOL",
        title: "Relative Volume",
        group: Group::Volume,
        parameters: &[Parameter::period("time_period", 20, 1)],
        unstable_period: false,
    };
    type Input = Volume;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, volumes: RollingSum::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, state: &mut State, bar: Volume) -> f64 {
        let usual = state.sum / self.period as f64;
        self.volumes.step(&mut state.sum, bar.volume);
        bar.volume / usual
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &State, bar: Volume) {
        self.volumes.store(bar.volume);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.volumes);
    }
}
