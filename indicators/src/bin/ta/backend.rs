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

    /// The same where no state will be saved, nor one taken up: in a form that needs
    /// no more memory the longer it runs, if the backend has it.
    pub(crate) fn rows_to_run_only(self) -> Result<Vec<&'static Row>, Failure> {
        match self {
            #[cfg(feature = "talib-v0_8")]
            Backend::Talib => Ok(indicators::talib::streams().to_vec()),
            _ => self.rows(),
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
