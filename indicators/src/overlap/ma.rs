//! Moving average of a kind of choice.

use crate::catalog::{Group, Info};
use crate::clock::PIECE;
use crate::io::{Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::ma_type::MaType;
use crate::overlap::{dema, ema, hma, kama, mama, rma, sma, t3, tema, trima, wma, zlema};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::window::Window;
use serde::{Deserialize, Serialize};

/// Moving average (MA) of a kind of choice.
///
/// # Formula
/// That of the chosen kind. A period of 1 smooths nothing, whatever the kind.
///
/// # Parameters
/// * `time_period`: 1 to 100,000, default 30.
/// * `ma_type`: the kind, default [`MaType::Sma`].
///
/// # Lookback
/// That of the chosen kind; 0 where the period is 1.
///
/// # Example
/// ```
/// use indicators::{Indicator, Ma, MaType};
///
/// let mut ma = Ma::new(3, MaType::Ema)?;
/// assert_eq!(ma.update(1.0), None);
/// assert_eq!(ma.update(2.0), None);
/// assert_eq!(ma.update(6.0), Some(3.0));
/// assert_eq!(ma.update(5.0), Some(4.0));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Those of the kinds, each on its own page; the choice between them as in TA-Lib, group
/// 'Overlap Studies'.
pub type Ma = Machine<Kernel>;

impl Ma {
    /// An average of a kind over `time_period` values.
    ///
    /// # Errors
    /// When the period is not from 1 to 100,000.
    pub fn new(time_period: usize, ma_type: MaType) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64), Some(ma_type.number())])
    }
}

/// Declares the kinds: `Name: module`, and the output that counts if there are
/// several.
macro_rules! kinds {
    ($($name:ident: $module:ident $(.$output:ident)?),+ $(,)?) => {
        /// The definition of [`Ma`], and a part of others.
        #[derive(Clone, Debug)]
        pub enum Kernel {
            /// No average.
            Disabled,
            $(#[doc = concat!("See [`", stringify!($name), "`](crate::", stringify!($name), ").")]
            $name($module::Kernel)),+
        }

        /// The state of the chosen kind.
        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        #[allow(clippy::large_enum_variant, reason = "a state is `Copy`, and cannot be boxed")]
        pub enum State {
            /// Before the first bar.
            #[default]
            Begin,
            $(#[doc = concat!("See [`", stringify!($name), "`](crate::", stringify!($name), ").")]
            $name(<$module::Kernel as kernel::Kernel>::State)),+
        }

        impl Kernel {
            #[inline(always)]
            fn any_step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
                match self {
                    Kernel::Disabled => value,
                    $(Kernel::$name(kernel) => {
                        if let State::Begin = state {
                            *state = State::$name(Default::default());
                        }
                        match state {
                            State::$name(state) => kernel::Kernel::step(kernel, clock, state, value)$(.$output)?,
                            // Of another kind: only a damaged snapshot has that.
                            _ => f64::NAN,
                        }
                    }),+
                }
            }

            #[inline(never)]
            fn rare_step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
                self.any_step(clock, state, value)
            }
        }

        impl kernel::Kernel for Kernel {
            const INFO: Info = INFO;
            type Input = f64;
            type Output = f64;
            type State = State;

            fn new(arguments: &Arguments) -> Self {
                Self::over(arguments.integer(0), arguments.ma_type(1, MaType::Sma))
            }

            fn lookback(&self) -> usize {
                match self {
                    Kernel::Disabled => 0,
                    $(Kernel::$name(kernel) => kernel.lookback()),+
                }
            }

            const HAS_AVERAGES: bool = true;

            #[inline(always)]
            fn is_simple(&self) -> bool {
                matches!(self, Kernel::Sma(_))
            }

            #[inline(always)]
            fn step<C: Clock>(&self, clock: C, state: &mut State, value: f64) -> f64 {
                if clock.is_simple() {
                    return match (self, state) {
                        (Kernel::Sma(kernel), State::Sma(state)) => kernel.step(clock, state, value),
                        // Only a damaged snapshot has another state.
                        _ => f64::NAN,
                    };
                }
                if C::RARE {
                    return self.rare_step(clock, state, value);
                }
                self.any_step(clock, state, value)
            }

            #[inline(always)]
            fn store<C: Clock>(&mut self, clock: C, state: &State, value: f64) {
                if clock.is_simple() {
                    if let (Kernel::Sma(kernel), State::Sma(state)) = (self, state) {
                        kernel.store(clock, state, value);
                    }
                    return;
                }
                match (self, state) {
                    $((Kernel::$name(kernel), State::$name(state)) => kernel.store(clock, state, value),)+
                    _ => (),
                }
            }

            const FILLS: bool = true;
            const PIECE: usize = 4 * PIECE;

            #[inline(always)]
            fn fill(
                &mut self,
                state: &mut State,
                values: <Self::Input as Input>::Columns<'_>,
                averages: &mut <Self::Output as Output>::Columns<'_>,
                _: &mut Ready,
            ) -> bool {
                match (self, state) {
                    (Kernel::Sma(kernel), State::Sma(state)) => kernel.means(state, values, averages),
                    _ => false,
                }
            }

            fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
                match self {
                    Kernel::Disabled => (),
                    $(Kernel::$name(kernel) => kernel.windows(visit)),+
                }
            }
        }
    };
}

kinds! {
    Sma: sma,
    Ema: ema,
    Wma: wma,
    Dema: dema,
    Tema: tema,
    Trima: trima,
    Kama: kama,
    Mama: mama.mama,
    T3: t3,
    Hma: hma,
    Zlema: zlema,
    Rma: rma,
}

const INFO: Info = Info {
    name: "MA",
    title: "Moving average",
    group: Group::Overlap,
    parameters: &[
        Parameter::period("time_period", 30, 1),
        Parameter::ma_type("ma_type", MaType::Sma),
    ],
    unstable_period: false,
};

impl Kernel {
    /// An average over `period` values, for use within another indicator.
    pub(crate) fn over(period: usize, kind: MaType) -> Self {
        if period == 1 {
            return Kernel::Disabled;
        }
        match kind {
            MaType::Sma | MaType::Default => Kernel::Sma(sma::Kernel::over(period)),
            MaType::Ema => Kernel::Ema(ema::Kernel::over(period)),
            MaType::Wma => Kernel::Wma(wma::Kernel::over(period)),
            MaType::Dema => Kernel::Dema(dema::Kernel::over(period)),
            MaType::Tema => Kernel::Tema(tema::Kernel::over(period)),
            MaType::Trima => Kernel::Trima(trima::Kernel::over(period)),
            MaType::Kama => Kernel::Kama(kama::Kernel::over(period)),
            MaType::Mama => Kernel::Mama(mama::Kernel::within(0.5, 0.05)),
            MaType::T3 => Kernel::T3(t3::Kernel::over(period, 0.7)),
            MaType::Hma => Kernel::Hma(hma::Kernel::over(period)),
            MaType::Disabled => Kernel::Disabled,
            MaType::Zlema => Kernel::Zlema(zlema::Kernel::over(period)),
            MaType::Rma => Kernel::Rma(rma::Kernel::over(period)),
        }
    }
}
