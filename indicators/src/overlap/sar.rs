//! Parabolic stop and reverse.

use crate::catalog::{Group, Info};
use crate::io::HighLow;
use crate::kernel::{self, Clock, Machine};
use crate::overlap::sarext;
use crate::parameter::{Arguments, Parameter, ParameterError};

/// Parabolic stop and reverse (SAR): a stop that comes closer to the price the
/// longer a move lasts. Where the price reaches it, the position is reversed.
///
/// # Formula
/// `SAR(t+1) = SAR(t) + a · (best - SAR(t))`, where `best` is the best price since
/// the position was taken, and `a` begins as the acceleration and grows by it
/// with each new best price, up to the maximum. The stop stays outside the last
/// two bars. A new position begins with the best price of the one before as its
/// stop. As in TA-Lib, the first position is short if the second bar has moved
/// further down than up, and its stop is the extreme of the first bar.
///
/// # Parameters
/// * `acceleration`: 0 to 3e37, default 0.02.
/// * `maximum`: 0 to 3e37, default 0.2.
///
/// # Lookback
/// 1
///
/// # Example
/// ```
/// use indicators::{HighLow, Indicator, Sar};
///
/// let mut sar = Sar::new(0.5, 0.5)?;
/// assert_eq!(sar.update(HighLow { high: 5.0, low: 3.0 }), None);
/// assert_eq!(sar.update(HighLow { high: 6.0, low: 5.5 }), Some(3.0));
/// assert_eq!(sar.update(HighLow { high: 7.0, low: 5.5 }), Some(4.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// J. Welles Wilder, *New Concepts in Technical Trading Systems*, 1978, section II.
pub type Sar = Machine<Kernel>;

impl Sar {
    /// A stop with `acceleration`, at most `maximum`.
    ///
    /// # Errors
    /// When one of them is not from 0 to 3e37.
    pub fn new(acceleration: f64, maximum: f64) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(acceleration), Some(maximum)])
    }
}

/// The definition of [`Sar`].
#[derive(Clone, Debug)]
pub struct Kernel {
    parabolic: sarext::Kernel,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "SAR",
        title: "Parabolic SAR",
        group: Group::Overlap,
        parameters: &[
            Parameter::real("acceleration", 0.02, 0.0, 3e37),
            Parameter::real("maximum", 0.2, 0.0, 3e37),
        ],
        unstable_period: false,
    };
    type Input = HighLow;
    type Output = f64;
    type State = sarext::State;

    fn new(arguments: &Arguments) -> Self {
        let (acceleration, maximum) = (arguments.real(0), arguments.real(1));
        let side = sarext::Acceleration::new(acceleration, acceleration, maximum);
        Self { parabolic: sarext::Kernel::of(0.0, 0.0, side, side) }
    }

    fn lookback(&self) -> usize {
        1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, clock: C, state: &mut sarext::State, bar: HighLow) -> f64 {
        self.parabolic.stop(clock, state, bar).0
    }
}
