//! Fast stochastic oscillator.

use crate::catalog::{Group, Info};
use crate::io::{HighLowClose, Input, output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::late::{Late, LateState};
use crate::ma_type::MaType;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::{Range, RangeState, Window, spread};
use serde::{Deserialize, Serialize};

/// Fast stochastic oscillator (STOCHF): where the close lies between the lowest
/// low and the highest high, in percent, and an average of that. From 0 to 100.
///
/// # Formula
/// `%K(t) = 100 · (close(t) - L) / (H - L)`, with the lowest low `L` and the
/// highest high `H` of the last `fast_k` bars, and 0 where they are equal;
/// `%D = MA(%K, fast_d)`.
///
/// # Parameters
/// * `fast_k_period`: 1 to 100,000, default 5.
/// * `fast_d_period`: 1 to 100,000, default 3.
/// * `fast_d_ma_type`: default [`MaType::Sma`].
///
/// # Lookback
/// `fast_k - 1`, and that of the average.
///
/// # Example
/// ```
/// use indicators::{HighLowClose, Indicator, MaType, Stochf};
///
/// let mut stochastic = Stochf::new(2, 1, MaType::Sma)?;
/// let bar = |high: f64| HighLowClose { high, low: high - 2.0, close: high - 1.0 };
/// assert_eq!(stochastic.update(bar(10.0)), None);
/// let output = stochastic.update(bar(12.0)).expect("the second bar is past the lookback");
/// assert_eq!((output.fast_k, output.fast_d), (75.0, 75.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// George C. Lane, *Lane's Stochastics*, Technical Analysis of Stocks & Commodities, 1984.
pub type Stochf = Machine<Kernel>;

impl Stochf {
    /// The place of the close in the range of `fast_k_period` bars, and its
    /// average over `fast_d_period`.
    ///
    /// # Errors
    /// When a period is not from 1 to 100,000.
    pub fn new(
        fast_k_period: usize,
        fast_d_period: usize,
        fast_d_ma_type: MaType,
    ) -> Result<Self, ParameterError> {
        let periods = [fast_k_period, fast_d_period].map(|period| Some(period as f64));
        Self::from_values(&[periods[0], periods[1], Some(fast_d_ma_type.number())])
    }
}

output! {
    /// What [`Stochf`] and [`Stochrsi`](crate::Stochrsi) give, in percent.
    StochfOutput {
        /// The place in the range.
        fast_k: "outFastK",
        /// Its average.
        fast_d: "outFastD",
    }
}

/// The place of a close in the range of the last bars: %K, a part of the
/// stochastic oscillators.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    period: usize,
    range: Range,
}

/// The column in which places are made ready, after those of the range.
const PLACE: usize = 2;

/// In percent; 0 where there is no range.
#[inline(always)]
fn place(highest: f64, lowest: f64, close: f64) -> f64 {
    let range = spread(highest, lowest);
    if range == 0.0 { 0.0 } else { 100.0 * ((close - lowest) / range) }
}

impl Place {
    /// In the range of `period` bars.
    pub(crate) fn over(period: usize) -> Self {
        Self { period, range: Range::new(period) }
    }

    /// How many bars pass before the range is whole.
    pub(crate) fn lookback(&self) -> usize {
        self.period - 1
    }

    /// In percent; 0 where there is no range.
    #[inline(always)]
    pub(crate) fn step<C: Clock>(
        &self,
        clock: C,
        state: &mut RangeState,
        bar: HighLowClose,
    ) -> f64 {
        if let Some(place) = clock.ready(PLACE) {
            return place;
        }
        let (highest, lowest) = self.range.step(clock, state, bar.high, bar.low);
        place(highest, lowest, bar.close)
    }

    /// Makes the places of many bars ready at one go, if that is faster.
    #[inline(always)]
    pub(crate) fn columns(
        &mut self,
        state: &mut RangeState,
        [highs, lows, closes]: [&[f64]; 3],
        ready: &mut Ready,
    ) -> bool {
        if !self.range.columns(state, highs, lows, ready) {
            return false;
        }
        let [highest, lowest, places] = &mut ready.columns;
        let range = highest.iter().zip(lowest);
        for ((slot, (highest, lowest)), close) in places.iter_mut().zip(range).zip(closes) {
            *slot = place(*highest, *lowest, *close);
        }
        true
    }

    /// Takes in the bar.
    #[inline(always)]
    pub(crate) fn store<C: Clock>(&mut self, clock: C, state: &RangeState, bar: HighLowClose) {
        self.range.store(clock, state, bar.high, bar.low);
    }

    /// Shows the windows to `visit`.
    pub(crate) fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.range.windows(visit);
    }
}

/// The definition of [`Stochf`], and a part of others.
#[derive(Clone, Debug)]
pub struct Kernel {
    place: Place,
    average: Late<ma::Kernel>,
}

/// The range, the average, and what it averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    range: RangeState,
    average: LateState<ma::State>,
    place: f64,
}

impl Kernel {
    /// For use within another indicator.
    pub(crate) fn over(fast_k: usize, fast_d: usize, kind: MaType) -> Self {
        let place = Place::over(fast_k);
        let average = Late::new(place.lookback(), ma::Kernel::over(fast_d, kind));
        Self { place, average }
    }
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "STOCHF",
        title: "Stochastic Fast",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_k_period", 5, 1),
            Parameter::period("fast_d_period", 3, 1),
            Parameter::ma_type("fast_d_ma_type", MaType::Sma),
        ],
        unstable_period: false,
    };
    type Input = HighLowClose;
    type Output = StochfOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let kind = arguments.ma_type(2, MaType::Sma);
        Self::over(arguments.integer(0), arguments.integer(1), kind)
    }

    fn lookback(&self) -> usize {
        self.average.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, bar: HighLowClose) -> StochfOutput {
        state.place = self.place.step(clock, &mut state.range, bar);
        let average = self.average.step(clock, &mut state.average, state.place);
        StochfOutput { fast_k: state.place, fast_d: average.unwrap_or_default() }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, bar: HighLowClose) {
        self.place.store(clock, &state.range, bar);
        self.average.store(clock, &state.average, state.place);
    }

    const HAS_COLUMNS: bool = true;

    #[inline(always)]
    fn columns(
        &mut self,
        state: &mut Self::State,
        inputs: <Self::Input as Input>::Columns<'_>,
        ready: &mut Ready,
    ) -> bool {
        self.place.columns(&mut state.range, inputs, ready)
    }

    const HAS_AVERAGES: bool = true;

    #[inline(always)]
    fn is_simple(&self) -> bool {
        self.average.is_simple()
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.place.windows(visit);
        self.average.windows(visit);
    }
}
