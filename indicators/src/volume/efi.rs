//! Elder's force index.

use crate::catalog::{Group, Info};
use crate::io::CloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::ema;
use crate::parameter::{Arguments, Parameter, ParameterError};
use serde::{Deserialize, Serialize};

/// Elder's force index (EFI): how far the close moved, times the volume that
/// moved it, smoothed by an exponential average.
///
/// # Formula
/// `EFI = EMA((close(t) - close(t-1)) · volume(t), n)`
///
/// # Parameters
/// * `time_period` `n`: 1 to 100,000, default 13; 1 smooths nothing.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{CloseVolume, Efi, Indicator};
///
/// let mut force = Efi::new(1)?;
/// assert_eq!(force.update(CloseVolume { close: 10.0, volume: 5.0 }), None);
/// assert_eq!(force.update(CloseVolume { close: 12.0, volume: 4.0 }), Some(8.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Alexander Elder, *Trading for a Living*, 1993.
pub type Efi = Machine<Kernel>;

impl Efi {
    /// The force averaged over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Efi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    average: ema::Kernel,
}

/// The latest close, and the average.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    close: f64,
    average: ema::State,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "EFI",
        title: "Elder's Force Index",
        group: Group::Volume,
        parameters: &[Parameter::period("time_period", 13, 1)],
        unstable_period: false,
    };
    type Input = CloseVolume;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { average: ema::Kernel::over(period) }
    }

    fn lookback(&self) -> usize {
        1 + self.average.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: CloseVolume) -> f64 {
        let force = (bar.close - state.close) * bar.volume;
        state.close = bar.close;
        match clock.since(1) {
            Some(clock) => self.average.step(clock, &mut state.average, force),
            None => 0.0,
        }
    }
}
