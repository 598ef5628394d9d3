//! Faults on purpose: the services as their own processes on a real Apache Kafka,
//! killed, paused and cut off while a replay runs, and what committed readers see
//! afterwards compared with an undisturbed run.
//!
//! `tests/` has one fault at a time; the program `chaos` mixes all of them for as
//! long as one likes.
#![forbid(unsafe_code)]

mod cluster;
mod error;
mod mix;
mod output;
mod process;
mod proxy;
mod recording;
mod stream;

pub use cluster::Cluster;
pub use error::Error;
pub use mix::{Counts, mix};
pub use output::{Output, compare};
pub use process::Service;
pub use proxy::{Cut, Weather};
pub use recording::Recordings;
pub use stream::{Pace, Stream};
