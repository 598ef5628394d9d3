//! Money flow index.

use crate::catalog::{Group, Info};
use crate::io::HighLowCloseVolume;
use crate::kernel::{self, Clock, Machine};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::price::typprice::typical_price;
use crate::window::{RollingSum, Window, ZeroRun};
use serde::{Deserialize, Serialize};

/// Money flow index (MFI): the share of the money that changed hands at rising
/// prices, in percent.
///
/// # Formula
/// `MFI(t) = 100 · P(t) / (P(t) + N(t))`, where `P` is the sum of `p · volume`
/// over those of the last `n` bars whose typical price
/// `p = (high + low + close) / 3` rose, `N` over those where it fell; 0 where
/// no money moved.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n`
///
/// # Example
/// ```
/// use indicators::{HighLowCloseVolume, Indicator, Mfi};
///
/// let mut index = Mfi::new(2)?;
/// assert_eq!(index.update(HighLowCloseVolume { high: 10.0, low: 10.0, close: 10.0, volume: 1.0 }), None);
/// assert_eq!(index.update(HighLowCloseVolume { high: 12.0, low: 12.0, close: 12.0, volume: 1.0 }), None);
/// assert_eq!(index.update(HighLowCloseVolume { high: 4.0, low: 4.0, close: 4.0, volume: 1.0 }), Some(75.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Gene Quong and Avrum Soudack, "Volume-Weighted RSI: Money Flow", *Technical
/// Analysis of Stocks & Commodities*, March 1989.
pub type Mfi = Machine<Kernel>;

impl Mfi {
    /// The index over `time_period` moves.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The share of a price by which it has to move to have moved at all, as in
/// TA-Lib.
const LEAST: f64 = 1e-14;

/// The definition of [`Mfi`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    rising: RollingSum,
    falling: RollingSum,
    still: ZeroRun,
}

/// The latest price and flows, the sums, and how many flows in a row were zero.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    price: f64,
    rising: f64,
    falling: f64,
    rises: f64,
    falls: f64,
    zeros: usize,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MFI",
        title: "Money Flow Index",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLowCloseVolume;
    type Output = f64;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self {
            period,
            rising: RollingSum::new(period),
            falling: RollingSum::new(period),
            still: ZeroRun::new(period),
        }
    }

    fn lookback(&self) -> usize {
        self.period
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowCloseVolume) -> f64 {
        let price = typical_price(bar.high, bar.low, bar.close);
        let change = if clock.bar() == 0 { 0.0 } else { price - state.price };
        let moved = change.abs() > LEAST * (price.abs() + state.price.abs());
        let flow = if moved { price * bar.volume } else { 0.0 };
        state.price = price;
        // Without a jump, which could not be predicted.
        state.rising = flow * f64::from(change >= 0.0);
        state.falling = flow - state.rising;
        self.rising.step(&mut state.rises, state.rising);
        self.falling.step(&mut state.falls, state.falling);
        if self.still.step(&mut state.zeros, flow == 0.0) {
            (state.rises, state.falls) = (0.0, 0.0);
        }
        let all = state.rises + state.falls;
        // Rounding can leave a sum below zero.
        if all <= 0.0 { 0.0 } else { 100.0 * (state.rises.max(0.0).min(all) / all) }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, state: &State, _: HighLowCloseVolume) {
        self.rising.store(state.rising);
        self.falling.store(state.falling);
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.rising);
        visit(&mut self.falling);
    }
}
