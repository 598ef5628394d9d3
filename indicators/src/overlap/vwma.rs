//! Volume weighted moving average.

use crate::catalog::{Group, Info};
use crate::io::{CloseVolume, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::overlap::sma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{BLOCK, Window, block, lines};
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

impl Kernel {
    /// The averages at several rows, the first of which ends the window after `row`.
    #[inline(always)]
    fn block<const N: usize>(
        &self,
        state: &mut State,
        [values, volumes]: [&[f64]; 2],
        row: usize,
    ) -> [f64; N] {
        let means = |means: &sma::Kernel, state: &mut sma::State, line: &[f64]| {
            means.block::<N>(state, block(line, row), block(line, row + self.period))
        };
        let value = means(&self.value, &mut state.value, values);
        let volume = means(&self.volume, &mut state.volume, volumes);
        std::array::from_fn(|lane| value[lane] / volume[lane])
    }
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

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        state: &mut State,
        [closes, volumes]: <Self::Input as Input>::Columns<'_>,
        averages: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let Ready { columns: [paid, ..], scratch: [paid_room, volume_room] } = room;
        let Some(paid) = paid.get_mut(..closes.len()).filter(|_| self.period > 1) else {
            return false;
        };
        for (slot, (close, volume)) in paid.iter_mut().zip(closes.iter().zip(volumes)) {
            *slot = close * volume;
        }
        let lines = (
            lines(self.value.ring(), paid, paid_room),
            lines(self.volume.ring(), volumes, volume_room),
        );
        let (Some(values), Some(volume_lines)) = lines else { return false };
        let mut now = *state;
        for ((value, rows), (volume, _)) in values.into_iter().zip(volume_lines) {
            let (blocks, rest) = averages[rows].as_chunks_mut::<BLOCK>();
            for (number, slots) in blocks.iter_mut().enumerate() {
                *slots = self.block(&mut now, [value, volume], number * BLOCK);
            }
            let done = blocks.len() * BLOCK;
            for (row, slot) in rest.iter_mut().enumerate() {
                [*slot] = self.block(&mut now, [value, volume], done + row);
            }
        }
        let finite = f64::are_finite(closes) && f64::are_finite(volumes);
        if finite {
            *state = now;
            self.value.ring_mut().extend(paid);
            self.volume.ring_mut().extend(volumes);
        }
        finite
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.value.windows(visit);
        self.volume.windows(visit);
    }
}
