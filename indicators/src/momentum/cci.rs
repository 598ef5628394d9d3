//! Commodity channel index.

use crate::catalog::{Group, Info};
use crate::clock::PIECE;
use crate::io::{HighLowClose, Input};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::price::typprice::typical_price;
use crate::window::{LONGEST, Sample, Window, deviations};

/// Commodity channel index (CCI): how far the typical price lies from its mean,
/// in units of its average deviation, scaled so that most values are from -100
/// to 100.
///
/// # Formula
/// `CCI(t) = (p(t) - m(t)) / (0.015 · d(t))`, where
/// `p = (high + low + close) / 3`, `m` is the mean of the last `n` and `d` the
/// mean of their distances from it; 0 where the price is at its mean.
///
/// Every distance changes with the mean. Over up to 128 bars, both are summed anew in
/// TA-Lib's order; over more, sums of whole numbers are kept up, in a time that hardly
/// depends on `n`, but for about one bar in `n`, at which all prices are sorted anew. The
/// result then differs from TA-Lib's in the last bits, or in more the closer together the
/// prices are: TA-Lib rounds their mean, by up to some `n` last bits, and so the distances
/// from it. Where prices move by their last bits only, it may be 0 where TA-Lib's is not.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 14.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Cci, HighLowClose, Indicator};
///
/// let mut index = Cci::new(2)?;
/// let bar = |price: f64| HighLowClose { high: price, low: price, close: price };
/// assert_eq!(index.update(bar(1.0)), None);
/// assert_eq!(index.update(bar(3.0)).map(f64::round), Some(67.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Donald R. Lambert, "Commodity Channel Index: Tool for Trading Cyclic
/// Trends", *Commodities*, October 1980.
pub type Cci = Machine<Kernel>;

impl Cci {
    /// The index over `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The share of the mean up to which a distance is rounding, as in TA-Lib.
const LEAST: f64 = 1e-14;

/// The columns in which the mean price and the sum of deviations are made ready.
const MEAN: usize = 0;
const DEVIATIONS: usize = 1;

/// The definition of [`Cci`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    prices: Sample,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "CCI",
        title: "Commodity Channel Index",
        group: Group::Momentum,
        parameters: &[Parameter::period("time_period", 14, 2)],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = f64;
    type State = ();

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, prices: Sample::new(period, period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, _: &mut (), bar: HighLowClose) -> f64 {
        let price = typical_price(bar.high, bar.low, bar.close);
        let period = self.period as f64;
        let (mean, deviations) = match (clock.ready(MEAN), clock.ready(DEVIATIONS)) {
            (Some(mean), Some(deviations)) => (mean, deviations),
            _ => match &self.prices {
                Sample::Short(prices) => {
                    let prices = || prices.slots_with(price);
                    let mean = prices().sum::<f64>() / period;
                    (mean, prices().map(|price| (price - mean).abs()).sum::<f64>())
                }
                Sample::Long(prices) => prices.step(price),
            },
        };
        let deviation = deviations / period;
        let distance = price - mean;
        let least = LEAST * mean.abs();
        if distance.abs() <= least || deviation <= least {
            0.0
        } else {
            distance / (0.015 * deviation)
        }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, _: &(), bar: HighLowClose) {
        if !clock.is_prepared() {
            self.prices.store(typical_price(bar.high, bar.low, bar.close));
        }
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        _: &mut (),
        [highs, lows, closes]: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        let rows = closes.len();
        let Sample::Short(ring) = &mut self.prices else { return false };
        if self.period > LONGEST || rows > PIECE {
            return false;
        }
        let Ready { columns: [means, sums, prices], scratch: [room, _] } = ready;
        let bars = highs.iter().zip(lows).zip(closes);
        for (slot, ((high, low), close)) in prices.iter_mut().zip(bars) {
            *slot = typical_price(*high, *low, *close);
        }
        let filled = [&mut means[..rows], &mut sums[..rows]];
        deviations(ring, &prices[..rows], filled, room);
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(self.prices.window());
    }
}
