//! Percentage volume oscillator.

use crate::catalog::{Group, Info};
use crate::io::Volume;
use crate::kernel::{self, Clock, Machine};
use crate::ma_type::MaType;
use crate::momentum::ppo;
use crate::parameter::{Arguments, ParameterError};
use crate::window::Window;

/// Percentage volume oscillator (PVO): how far a fast average of the volume
/// runs ahead of a slow one, in percent of the slow one.
///
/// # Formula
/// `PVO = 100 · (MA(volume, fast) - MA(volume, slow)) / MA(volume, slow)`, and
/// 0 where the slow average is 0. Periods in the wrong order are swapped.
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 12.
/// * `slow_period`: 2 to 100,000, default 26.
/// * `ma_type`: the kind of both averages, default [`MaType::Ema`].
///
/// # Lookback
/// That of the slow average.
///
/// # Example
/// ```
/// use indicators::{Indicator, MaType, Pvo, Volume};
///
/// let mut oscillator = Pvo::new(2, 3, MaType::Sma)?;
/// let last = [1.0, 2.0, 3.0].map(|volume| oscillator.update(Volume { volume }))[2];
/// assert_eq!(last, Some(25.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Steven B. Achelis, *Technical Analysis from A to Z*, 2nd edition, 2001, "Volume
/// Oscillator", in percent; the default kind and periods of the averages are those of
/// Gerald Appel's MACD.
pub type Pvo = Machine<Kernel>;

impl Pvo {
    /// Two averages of the volume, of one kind.
    ///
    /// # Errors
    /// When a period is not from 2 to 100,000.
    pub fn new(
        fast_period: usize,
        slow_period: usize,
        ma_type: MaType,
    ) -> Result<Self, ParameterError> {
        let periods = [fast_period, slow_period].map(|period| Some(period as f64));
        Self::from_values(&[periods[0], periods[1], Some(ma_type.number())])
    }
}

/// The definition of [`Pvo`].
#[derive(Clone, Debug)]
pub struct Kernel {
    oscillator: ppo::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "PVO",
        title: "Percentage Volume Oscillator",
        group: Group::Volume,
        parameters: ppo::Kernel::INFO.parameters,
        unstable_period: false,
    };
    type Input = Volume;
    type Output = f64;
    type State = ppo::State;

    fn new(arguments: &Arguments) -> Self {
        Self { oscillator: ppo::Kernel::new(arguments) }
    }

    fn lookback(&self) -> usize {
        self.oscillator.lookback()
    }

    const FUSES: bool = true;

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut Self::State, bar: Volume) -> f64 {
        self.oscillator.step(clock, state, bar.volume)
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &Self::State, bar: Volume) {
        self.oscillator.store(clock, state, bar.volume);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.oscillator.windows(visit);
    }
}
