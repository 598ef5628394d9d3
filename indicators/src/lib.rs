//! Technical indicators as streaming state machines, in pure Rust.
//!
//! Bars go in one at a time, values come out. An indicator keeps no price
//! history beyond its own window, never allocates after construction, can be
//! saved and restored bit for bit, and can be asked about a bar that is still
//! forming. Names, parameters and numbers are those of TA-Lib; the feature
//! `talib` puts the TA-Lib C library behind the same trait, and property tests
//! hold the two against each other at every bar.
//!
//! # Typed
//! ```
//! use indicators::{Indicator, Rsi};
//!
//! let mut rsi = Rsi::new(2)?;
//! assert_eq!(rsi.update(1.0), None); // the first `lookback()` bars give nothing
//! assert_eq!(rsi.update(2.0), None);
//! assert_eq!(rsi.update(3.0), Some(100.0)); // a closed bar
//! assert_eq!(rsi.peek(2.0), Some(50.0)); // a forming bar: nothing is committed
//! # Ok::<(), indicators::ParameterError>(())
//! ```
//!
//! # By expression
//! ```
//! use indicators::{Bar, Expression};
//!
//! let mut macd: Expression = "macd(close, fast=3, slow=5, signal=2)".parse()?;
//! assert_eq!(macd.to_string(), "macd(close, 3, 5, 2)");
//! for price in [10.0, 11.0, 12.0, 11.5, 12.5, 13.0, 12.0] {
//!     let bar = Bar::new(price, price, price, price, 1.0)?;
//!     if let Some(values) = macd.update(&bar) {
//!         println!("{} {} {}", values[0], values[1], values[2]);
//!     }
//! }
//! let saved = macd.snapshot()?;
//! let mut restored: Expression = "macd(close, 3, 5, 2)".parse()?;
//! restored.restore(&saved)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # In batch
//! The same state machine over columns; `NaN` before the lookback.
//! ```
//! use indicators::{Indicator, Sma};
//!
//! let closes = [1.0, 2.0, 3.0, 4.0];
//! let mut out = [0.0; 4];
//! Sma::new(3)?.batch(&[&closes], &mut [&mut out])?;
//! assert!(out[0].is_nan() && out[1].is_nan());
//! assert_eq!(out[2..], [2.0, 3.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(not(feature = "talib"), forbid(unsafe_code))]
#![cfg_attr(feature = "talib", deny(unsafe_code))]

mod bar;
mod batch;
pub mod catalog;
mod clock;
mod erased;
pub mod expr;
mod indicator;
mod io;
pub mod kernel;
mod lagged;
mod late;
mod ma_type;
mod mean_of;
mod origin;
mod parameter;
mod saved;
#[cfg(feature = "talib")]
pub mod talib;
mod terms;
pub mod window;

pub mod cycle;
pub mod math;
pub mod momentum;
pub mod overlap;
pub mod price;
pub mod volatility;
pub mod volume;

pub use bar::{Bar, BarError, Source};
pub use erased::{DynIndicator, StateError};
pub use expr::Expression;
pub use indicator::{ColumnsError, Indicator};
pub use io::{
    CloseVolume, Field, FieldKind, HighLow, HighLowClose, HighLowCloseVolume, HighLowVolume, Input,
    OpenClose, OpenHighLowClose, Output, ValueAndPeriod, Values, Volume,
};
pub use kernel::Machine;
pub use ma_type::{MaType, UnknownMaType};
pub use parameter::{Arguments, Parameter, ParameterError, ParameterKind};

pub use cycle::*;
pub use math::*;
pub use momentum::*;
pub use overlap::*;
pub use price::*;
pub use volatility::*;
pub use volume::*;
