//! The TA-Lib C library as a second backend, behind the same traits: the judge
//! that this crate's own indicators are held against, and a way to run a
//! function that this crate does not have.
//!
//! Every function of the linked library is in [`rows`], described by the
//! library itself. [`TaLib`] is one of them with the types of this crate's
//! indicator of the same name; [`Function`] is one without types, for
//! expressions:
//!
//! ```
//! use indicators::talib::{self, TaLib};
//! use indicators::{Bar, Expression, Indicator, Sma};
//!
//! let mut typed = TaLib::<Sma>::from_values(&[Some(2.0)])?;
//! assert_eq!(typed.update(1.0), None);
//! assert_eq!(typed.update(2.0), Some(1.5));
//!
//! let mut text = Expression::with_catalog("sma(close, 2)", talib::rows())?;
//! assert_eq!(text.update(&Bar::new(1.0, 1.0, 1.0, 1.0, 1.0)?), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Versions
//! TA-Lib 0.8 has 201 functions, and its values are this crate's. 0.6 and 0.7 have
//! 161, and narrower ranges for some parameters (fewer kinds of moving averages,
//! say). [`version`] tells which one is linked. What 0.7.1 answered differently to
//! the same parameters, over random, flat and hostile series:
//! * Most functions in their last digits, since it rounds a product and a sum one
//!   by one.
//! * ADX, ADXR, BBANDS, BOP, CCI, CMO, DX, KAMA, MFI, MINUS_DI, PLUS_DI, RSI, STOCH,
//!   STOCHF, STOCHRSI, ULTOSC and WILLR by far, where prices stand still after they
//!   have moved, or hardly move, or are tiny: it has other limits for what counts as
//!   no movement.
//! * APO, MA, MACDEXT, MAVP and PPO likewise, where their averages are of the kinds
//!   `kama` and `mama`.
//! * IMI, where no bar closes anywhere but at its open: NaN, which is 50 here.
//! * MAVP, where a period is above 2³¹: that over its smallest period.
//! * BBANDS around a `mama` over more than 33 bars, whose first values come earlier.
//!
//! Its own defaults differ for APO and PPO (simple averages, not exponential ones)
//! and for BBANDS (5 bars, not 20), and it has an unstable period for ADXR, IMI, MFI
//! and STOCHRSI too.
//!
//! # Cost
//! The library computes over whole columns. A function keeps every bar it was
//! given, so that it can be saved, and computes from the first bar on, so one update
//! costs as much as all before it. Use [`Indicator::batch`](crate::Indicator::batch)
//! where the whole series is at hand: that is one call.
//!
//! TA-Lib 0.8 can also go on from bar to bar. With the feature `talib-v0_8`, `streams`
//! has its functions in that form, for expressions: an update takes constant time, and no
//! bar is kept. They can be peeked at and cloned, but not saved.
//!
//! # Threads and settings
//! Calls are safe from any number of threads. Every one of them runs with the
//! library's default settings (unstable periods, candle settings, compatibility),
//! whatever other code in the process has set; an unstable period is held back on
//! this side. Where other code has set unstable periods or the compatibility, calls
//! run one at a time, and put back what they found. Candle settings cannot be read:
//! a function of candles sets them to their defaults, and there they stay.
//!
//! What remains is a setting that other code changes, with no lock that this crate
//! could know of, while a call is running: the library reads it then, or half of
//! it. Nor does other code that computes meanwhile know of what is set and put back
//! here. With settings other than the defaults, call the library yourself only while
//! nothing here computes.
//!
//! # Refusals
//! Parameters that the library refuses, though each is in its range, are an error
//! when a function is made. Whatever else it may refuse a running function, memory
//! above all, leaves values out, and [`DynIndicator::failure`] says so.
//!
//! [`DynIndicator::failure`]: crate::DynIndicator::failure

use crate::catalog::Row;
use crate::indicator::ColumnsError;

mod function;
#[cfg(feature = "talib-v0_8")]
mod handle;
mod library;
mod reflection;
#[cfg(feature = "talib-v0_8")]
mod stream;

pub use function::{Function, TaLib, TaLibError};
pub use library::version;
pub use reflection::rows;
#[cfg(feature = "talib-v0_8")]
pub use stream::streams;

/// How many rows the columns have, if they are as many as `row` has inputs and outputs,
/// and of one length.
fn checked_rows(
    row: &Row,
    inputs: &[&[f64]],
    outputs: &[&mut [f64]],
) -> Result<usize, ColumnsError> {
    let rows = inputs.first().map_or(0, |column| column.len());
    let fits = inputs.len() == row.inputs.len()
        && outputs.len() == row.outputs.len()
        && inputs.iter().all(|column| column.len() == rows)
        && outputs.iter().all(|column| column.len() == rows);
    let expected = (row.inputs.len(), row.outputs.len());
    if fits { Ok(rows) } else { Err(ColumnsError::new(inputs, outputs, expected)) }
}
