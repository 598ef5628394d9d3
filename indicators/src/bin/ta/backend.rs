//! Who computes: this crate's own indicators, or the TA-Lib C library where the
//! build has it.

use crate::failure::Failure;
use indicators::catalog::{self, Row};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Backend {
    /// This crate's own indicators
    #[default]
    Native,
    /// The TA-Lib C library; needs a build with the feature talib
    Talib,
}

impl Backend {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::Talib => "talib",
        }
    }

    /// Every indicator it has.
    pub(crate) fn rows(self) -> Result<Vec<&'static Row>, Failure> {
        match self {
            Backend::Native => Ok(catalog::rows().to_vec()),
            Backend::Talib => talib_rows(),
        }
    }
}

#[cfg(feature = "talib")]
fn talib_rows() -> Result<Vec<&'static Row>, Failure> {
    Ok(indicators::talib::rows().to_vec())
}

#[cfg(not(feature = "talib"))]
fn talib_rows() -> Result<Vec<&'static Row>, Failure> {
    Err(Failure::NoTaLib)
}
