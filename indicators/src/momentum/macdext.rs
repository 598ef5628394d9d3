//! Moving average convergence/divergence with averages of any kind.

use crate::catalog::{Group, Info};
use crate::kernel::{self, Clock, Machine};
use crate::late::{Late, LateState};
use crate::ma_type::MaType;
use crate::momentum::macd::MacdOutput;
use crate::overlap::ma;
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Moving average convergence/divergence with averages of any kind (MACDEXT).
///
/// # Formula
/// `MACD = MA(x, fast) - MA(x, slow)`, `signal = MA(MACD, signal)`,
/// `histogram = MACD - signal`. As in TA-Lib, both averages of `x` give their
/// first value at the same bar, and the signal starts at the first MACD; periods
/// in the wrong order are swapped, each with its kind.
///
/// # Parameters
/// * `fast_period`: 2 to 100,000, default 12.
/// * `fast_ma_type`: default [`MaType::Sma`].
/// * `slow_period`: 2 to 100,000, default 26.
/// * `slow_ma_type`: default [`MaType::Sma`].
/// * `signal_period`: 1 to 100,000, default 9.
/// * `signal_ma_type`: default [`MaType::Sma`].
///
/// # Lookback
/// The longer one of the two averages', and that of the signal.
///
/// # Example
/// ```
/// use indicators::{Indicator, MaType, Macdext};
///
/// let mut macd = Macdext::new((2, MaType::Sma), (3, MaType::Sma), (2, MaType::Sma))?;
/// let last = [1.0, 2.0, 3.0, 4.0].map(|x| macd.update(x))[3];
/// let output = last.expect("the fourth bar is past the lookback");
/// assert_eq!((output.macd, output.signal, output.histogram), (0.5, 0.5, 0.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Gerald Appel, *Technical Analysis: Power Tools for Active Investors*, 2005, chapter 8.
pub type Macdext = Machine<Kernel>;

impl Macdext {
    /// Two averages of values, and the signal as an average of their distance;
    /// each as its period and its kind.
    ///
    /// # Errors
    /// When the fast or the slow period is not from 2 to 100,000, or that of the
    /// signal not from 1 to 100,000.
    pub fn new(
        fast: (usize, MaType),
        slow: (usize, MaType),
        signal: (usize, MaType),
    ) -> Result<Self, ParameterError> {
        let values = [fast, slow, signal]
            .map(|(period, kind)| [Some(period as f64), Some(kind.number())]);
        Self::from_values(values.as_flattened())
    }
}

/// The definition of [`Macdext`].
#[derive(Clone, Debug)]
pub struct Kernel {
    fast: Late<ma::Kernel>,
    slow: Late<ma::Kernel>,
    signal: Late<ma::Kernel>,
}

/// The three averages, and what the signal averages.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct State {
    fast: LateState<ma::State>,
    slow: LateState<ma::State>,
    signal: LateState<ma::State>,
    macd: f64,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "MACDEXT",
        title: "MACD with controllable MA type",
        group: Group::Momentum,
        parameters: &[
            Parameter::period("fast_period", 12, 2),
            Parameter::ma_type("fast_ma_type", MaType::Sma),
            Parameter::period("slow_period", 26, 2),
            Parameter::ma_type("slow_ma_type", MaType::Sma),
            Parameter::period("signal_period", 9, 1),
            Parameter::ma_type("signal_ma_type", MaType::Sma),
        ],
        unstable_period: false,
    };
    type Input = f64;
    type Output = MacdOutput;
    type State = State;

    fn new(arguments: &Arguments) -> Self {
        let average = |period, kind| {
            let period = arguments.integer(period);
            (period, ma::Kernel::over(period, arguments.ma_type(kind, MaType::Sma)))
        };
        let (mut fast, mut slow) = (average(0, 1), average(2, 3));
        if fast.0 > slow.0 {
            std::mem::swap(&mut fast, &mut slow);
        }
        let (fast, slow) = (fast.1, slow.1);
        let first = fast.lookback().max(slow.lookback());
        Self {
            fast: Late::new(first - fast.lookback(), fast),
            slow: Late::new(first - slow.lookback(), slow),
            signal: Late::new(first, average(4, 5).1),
        }
    }

    fn lookback(&self) -> usize {
        self.signal.lookback()
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> MacdOutput {
        let fast = self.fast.step(clock, &mut state.fast, value).unwrap_or_default();
        let slow = self.slow.step(clock, &mut state.slow, value).unwrap_or_default();
        state.macd = fast - slow;
        let signal = self.signal.step(clock, &mut state.signal, state.macd).unwrap_or_default();
        MacdOutput { macd: state.macd, signal, histogram: state.macd - signal }
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
        self.fast.store(clock, &state.fast, value);
        self.slow.store(clock, &state.slow, value);
        self.signal.store(clock, &state.signal, state.macd);
    }

    const HAS_AVERAGES: bool = true;

    #[inline(always)]
    fn is_simple(&self) -> bool {
        [&self.fast, &self.slow, &self.signal].iter().all(|average| average.is_simple())
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        self.fast.windows(visit);
        self.slow.windows(visit);
        self.signal.windows(visit);
    }
}
