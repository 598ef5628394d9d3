//! Parameters of indicators: what they may be, what was given, and the error
//! when the two do not meet. Every constructor and every expression goes
//! through [`Arguments::check`].

use crate::catalog::Info;
use crate::ma_type::MaType;
use serde::{Deserialize, Serialize};

/// One parameter of an indicator, in TA-Lib's terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Snake-case name: `fast_period` is TA-Lib's `optInFastPeriod`.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: ParameterKind,
    /// The value where none is given.
    pub default: f64,
    /// The smallest value, inclusive.
    pub min: f64,
    /// The largest value, inclusive.
    pub max: f64,
}

/// What kind of value a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// A whole number.
    Integer,
    /// A real number.
    Real,
    /// A [`MaType`], by its number.
    MaType,
}

/// The parameter that every indicator with an unstable period has besides its
/// own: how many more bars to wait after the first value that could be given,
/// so that the influence of the first bars has faded.
pub(crate) const UNSTABLE_PERIOD: Parameter = Parameter::integer("unstable_period", 0, 0, 100_000);

impl Parameter {
    /// A whole-number parameter.
    pub const fn integer(name: &'static str, default: u32, min: u32, max: u32) -> Self {
        let kind = ParameterKind::Integer;
        Self { name, kind, default: default as f64, min: min as f64, max: max as f64 }
    }

    /// A period in bars. TA-Lib allows none above 100,000.
    pub const fn period(name: &'static str, default: u32, min: u32) -> Self {
        Self::integer(name, default, min, 100_000)
    }

    /// A real-number parameter.
    pub const fn real(name: &'static str, default: f64, min: f64, max: f64) -> Self {
        Self { name, kind: ParameterKind::Real, default, min, max }
    }

    /// A kind of moving average.
    pub const fn ma_type(name: &'static str, default: MaType) -> Self {
        let (min, max) = (0.0, (MaType::ALL.len() - 1) as f64);
        Self { name, kind: ParameterKind::MaType, default: default.number(), min, max }
    }

    /// Whether `word` names this parameter: its name, or its name without
    /// `_period` (`fast` for `fast_period`), or `period` for `time_period`.
    pub(crate) fn answers_to(&self, word: &str) -> bool {
        word == self.name
            || (word == "period" && self.name == "time_period")
            || self.name.strip_suffix("_period").is_some_and(|short| short == word)
    }

    /// The value, if it is in range.
    ///
    /// # Errors
    /// Names the indicator, the parameter, the value and its range.
    pub(crate) fn check(&self, indicator: &'static str, value: f64) -> Result<f64, ParameterError> {
        let whole = self.kind == ParameterKind::Real || value.fract() == 0.0;
        if whole && value >= self.min && value <= self.max {
            return Ok(value);
        }
        Err(ParameterError::OutOfRange { indicator, parameter: *self, value })
    }
}

/// Why an indicator cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// A value outside its range, or not a whole number where one is needed.
    #[error(
        "{indicator}: {} is {value}, expected {} from {} to {}",
        parameter.name,
        match parameter.kind {
            ParameterKind::Integer => "a whole number",
            ParameterKind::Real => "a number",
            ParameterKind::MaType => "a kind of moving average",
        },
        parameter.min,
        parameter.max
    )]
    OutOfRange {
        /// The indicator's name.
        indicator: &'static str,
        /// The parameter with its range.
        parameter: Parameter,
        /// What was given.
        value: f64,
    },
    /// Values that are in range, but do not fit each other.
    #[error("{indicator}: {reason}")]
    Unfit {
        /// The indicator's name.
        indicator: &'static str,
        /// Which do not fit, and why.
        reason: String,
    },
    /// More values than the indicator has parameters.
    #[error("{indicator}: {given} parameters given, expected at most {expected}")]
    TooMany {
        /// The indicator's name.
        indicator: &'static str,
        /// How many were given.
        given: usize,
        /// How many it takes.
        expected: usize,
    },
}

/// The values of all parameters of one indicator, checked, in TA-Lib's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arguments {
    values: Box<[f64]>,
    unstable_period: usize,
}

impl Arguments {
    /// Checks `values` against the indicator's parameters, in order; those left
    /// out take their defaults. Where the indicator has an unstable period, it
    /// may follow as one more value.
    ///
    /// # Errors
    /// Names the indicator, the parameter, the value and its range.
    pub fn check(info: &'static Info, values: &[Option<f64>]) -> Result<Self, ParameterError> {
        let expected = info.parameters.len() + usize::from(info.unstable_period);
        if values.len() > expected {
            let given = values.len();
            return Err(ParameterError::TooMany { indicator: info.name, given, expected });
        }
        let value = |index: usize, parameter: &Parameter| {
            let given = values.get(index).copied().flatten();
            parameter.check(info.name, given.unwrap_or(parameter.default))
        };
        let own = info.parameters.iter().enumerate();
        Ok(Self {
            values: own.map(|(i, p)| value(i, p)).collect::<Result<_, _>>()?,
            unstable_period: value(info.parameters.len(), &UNSTABLE_PERIOD)? as usize,
        })
    }

    /// The same values, checked after they were read from a saved state.
    pub(crate) fn checked_again(self, info: &'static Info) -> Result<Self, ParameterError> {
        let mut values: Vec<_> = self.values.iter().copied().map(Some).collect();
        if self.unstable_period > 0 {
            values.push(Some(self.unstable_period as f64));
        }
        Self::check(info, &values)
    }

    /// The values of the indicator's own parameters, in order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The whole number at `index`; zero when the indicator has no such parameter.
    pub fn integer(&self, index: usize) -> usize {
        self.real(index) as usize
    }

    /// The number at `index`; zero when the indicator has no such parameter.
    pub fn real(&self, index: usize) -> f64 {
        self.values.get(index).copied().unwrap_or_default()
    }

    /// The kind of moving average at `index`, `default` where it is
    /// [`MaType::Default`]; the simple one when the indicator has no such
    /// parameter.
    pub fn ma_type(&self, index: usize, default: MaType) -> MaType {
        match MaType::numbered(self.real(index)) {
            Some(MaType::Default) => default,
            Some(kind) => kind,
            None => MaType::Sma,
        }
    }

    /// How many bars more than the indicator needs pass before its first value.
    pub fn unstable_period(&self) -> usize {
        self.unstable_period
    }

    /// The same with another unstable period.
    pub(crate) fn with_unstable_period(mut self, bars: usize) -> Self {
        self.unstable_period = bars;
        self
    }

    /// As written in an expression for the indicator of `info`: `12, 26, 9`.
    pub fn written(&self, info: &Info) -> String {
        let kinds = info.parameters.iter().map(|parameter| parameter.kind);
        let own = self.values.iter().zip(kinds).map(|(value, kind)| match kind {
            ParameterKind::MaType => MaType::numbered(*value).map_or("", MaType::name).to_owned(),
            _ => value.to_string(),
        });
        let bars = self.unstable_period;
        let unstable = (bars > 0).then(|| format!("unstable_period={bars}"));
        own.chain(unstable).collect::<Vec<_>>().join(", ")
    }

    /// The indicator of `info` with them, as written in an expression:
    /// `macd(12, 26, 9)`, `obv`.
    pub(crate) fn call(&self, info: &Info) -> String {
        let (name, arguments) = (info.name.to_ascii_lowercase(), self.written(info));
        if arguments.is_empty() { name } else { format!("{name}({arguments})") }
    }
}
