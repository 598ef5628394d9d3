//! Every indicator of the catalog beside the linked TA-Lib C library, streaming
//! and in batch:
//!
//! ```text
//! cargo bench -p indicators --features talib-v0_8 -- [NAME...]
//! ```
//!
//! It needs TA-Lib 0.8, for its streaming form; without the feature the benchmark
//! only says so.
//!
//! Runs ours and theirs in turn, in one process over the same 100,000 bars, and
//! prints the fastest round of each in nanoseconds per bar, and their ratio: below
//! 1, ours is faster. Other work on the machine only ever slows a round down, so
//! the fastest of many is what the code itself takes. Names choose the rows to
//! run: `SMA` all that are called so, `SMA(14)` that one.
//!
//! What is timed:
//! * streaming: one typed, inlined `update` for each bar past warm-up, the state
//!   being in memory between two bars; beside `TA_XXX_Update` on a stream that
//!   `TA_XXX_Open` has opened;
//! * batch: `batch` of a fresh indicator over whole columns; beside one call of the
//!   function. Both fill columns that were there before;
//! * the same updates with all periods 10, beside all periods 1,000.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "talib-v0_8")]
mod batch;
#[cfg(feature = "talib-v0_8")]
mod comparison;
#[cfg(feature = "talib-v0_8")]
mod market;
#[cfg(feature = "talib-v0_8")]
mod periods;
#[cfg(feature = "talib-v0_8")]
mod streams;

#[cfg(feature = "talib-v0_8")]
fn main() {
    comparison::run();
}

#[cfg(not(feature = "talib-v0_8"))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "nothing is measured: the benchmark compares with the TA-Lib C library, 0.8 or later \
         (docker/install-ta-lib.sh): cargo bench -p indicators --features talib-v0_8"
    );
    // `cargo test --all-targets` comes by here too, and asks for no measurement.
    u8::from(std::env::args().any(|argument| argument == "--bench")).into()
}
