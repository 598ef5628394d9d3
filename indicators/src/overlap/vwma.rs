//! Volume weighted moving average.

use crate::catalog::{Group, Info};
use crate::io::CloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Volume weighted moving average (VWMA): the mean of the last `n` closes, each
/// with its volume as weight.
///
/// # Formula
/// `VWMA = SMA(close · volume, n) / SMA(volume, n)`; NaN where no volume was
/// traded, as in TA-Lib.
///
/// # Parameters
/// * `time_period` `n`: bars in the mean, 1 to 100,000, default 30; 1 gives the
///   close.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{CloseVolume, Indicator, Vwma};
///
/// let mut vwma = Vwma::new(2)?;
/// assert_eq!(vwma.update(CloseVolume { close: 10.0, volume: 1.0 }), None);
/// assert_eq!(vwma.update(CloseVolume { close: 14.0, volume: 3.0 }), Some(13.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Buff Pelz Dormeier, *Investing with Volume Analysis*, 2011.
pub type Vwma = Machine<Kernel>;

impl Vwma {
    /// The weighted mean of the last `time_period` closes.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Vwma`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    value: sma::Kernel,
    volume: sma::Kernel,
}

/// The mean of what was paid, and of the volume.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    value: sma::State,
    volume: sma::State,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "VWMA",
        title: "Volume Weighted Moving Average",
        group: Group::Overlap,
        parameters: &[Parameter::period("time_period", 30, 1)],
        unstable_period: false,
    };
    type Input = CloseVolume;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, value: sma::Kernel::over(period), volume: sma::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, input: CloseVolume) -> f64 {
        let CloseVolume { close, volume } = input;
        if self.period == 1 {
            // The division would round, and a bar without volume has a close.
            return close;
        }
        let value = self.value.step(clock, &mut state.value, close * volume);
        value / self.volume.step(clock, &mut state.volume, volume)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, CloseVolume { close, volume }: CloseVolume) {
        self.value.store(clock, &state.value, close * volume);
        self.volume.store(clock, &state.volume, volume);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.value.windows(visit);
        self.volume.windows(visit);
    }
}
