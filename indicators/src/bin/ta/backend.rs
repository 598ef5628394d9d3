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

/// The library's functions. Outputs are named as this crate's own indicators
/// name them, where there are such, so that an expression means the same with
/// either backend.
#[cfg(feature = "talib")]
fn talib_rows() -> Result<Vec<&'static Row>, Failure> {
    let renamed = |row: &'static Row| match catalog::find(row.info.name) {
        Some(native) if native.outputs.len() == row.outputs.len() => {
            let mut row = *row;
            row.outputs = native.outputs;
            // Once in a process, and rows are static.
            &*Box::leak(Box::new(row))
        }
        _ => row,
    };
    Ok(indicators::talib::rows().iter().copied().map(renamed).collect())
}

#[cfg(not(feature = "talib"))]
fn talib_rows() -> Result<Vec<&'static Row>, Failure> {
    Err(Failure::NoTaLib)
}
