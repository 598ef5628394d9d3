//! The kinds of moving averages that a parameter can choose between.

use std::fmt;
use std::str::FromStr;

/// The kind of a moving average: the value of a parameter such as that of
/// [`Ma`](crate::Ma). An expression writes it by name, in any case:
/// `bbands(close, 20, 2, 2, ema)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaType {
    /// [`Sma`](crate::Sma)
    Sma,
    /// [`Ema`](crate::Ema)
    Ema,
    /// [`Wma`](crate::Wma)
    Wma,
    /// [`Dema`](crate::Dema)
    Dema,
    /// [`Tema`](crate::Tema)
    Tema,
    /// [`Trima`](crate::Trima)
    Trima,
    /// [`Kama`](crate::Kama)
    Kama,
    /// [`Mama`](crate::Mama) with its default limits, whatever the period.
    Mama,
    /// [`T3`](crate::T3) with its default factor.
    T3,
    /// [`Hma`](crate::Hma)
    Hma,
    /// No average: the values themselves, whatever the period.
    Disabled,
    /// The default of the parameter.
    Default,
    /// [`Zlema`](crate::Zlema)
    Zlema,
    /// [`Rma`](crate::Rma)
    Rma,
}

/// A name that no kind of moving average has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no moving average")]
pub struct UnknownMaType(String);

impl MaType {
    /// Every kind, at its number in TA-Lib.
    pub const ALL: [MaType; 14] = [
        MaType::Sma,
        MaType::Ema,
        MaType::Wma,
        MaType::Dema,
        MaType::Tema,
        MaType::Trima,
        MaType::Kama,
        MaType::Mama,
        MaType::T3,
        MaType::Hma,
        MaType::Disabled,
        MaType::Default,
        MaType::Zlema,
        MaType::Rma,
    ];

    /// Its name in an expression.
    pub fn name(self) -> &'static str {
        match self {
            MaType::Sma => "sma",
            MaType::Ema => "ema",
            MaType::Wma => "wma",
            MaType::Dema => "dema",
            MaType::Tema => "tema",
            MaType::Trima => "trima",
            MaType::Kama => "kama",
            MaType::Mama => "mama",
            MaType::T3 => "t3",
            MaType::Hma => "hma",
            MaType::Disabled => "disabled",
            MaType::Default => "default",
            MaType::Zlema => "zlema",
            MaType::Rma => "rma",
        }
    }

    /// The kind with this number in TA-Lib.
    pub fn numbered(number: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its number in TA-Lib.
    pub const fn number(self) -> f64 {
        self as u8 as f64
    }
}

impl fmt::Display for MaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for MaType {
    type Err = UnknownMaType;

    fn from_str(name: &str) -> Result<Self, UnknownMaType> {
        let found = Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownMaType(name.to_owned()))
    }
}
