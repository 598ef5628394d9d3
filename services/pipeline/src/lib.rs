//! What the services share: messages, the exactly-once loop, state in changelog
//! topics, and configuration. It knows nothing of any single indicator.
//!
//! A service is a [`processor::Processor`] given to [`run`]; a source of trades
//! is a [`source::Source`] given to [`source::run`].
#![deny(unsafe_code)]

mod assignment;
pub mod cli;
mod clients;
pub mod codec;
mod committed;
mod complaints;
pub mod config;
mod contact;
mod contracts;
pub mod dead_letters;
#[cfg(feature = "embedded-broker")]
pub mod embedded;
mod error;
mod healthcheck;
pub mod http;
mod incoming;
mod input;
mod lag;
pub mod log;
mod marker;
pub mod message;
mod meter;
mod outputs;
pub mod processor;
pub mod progress;
mod publish;
mod registry;
mod restore;
mod run;
mod security;
pub mod shutdown;
mod sink;
pub mod source;
mod state;
mod step;
mod topics;
mod transaction;

/// Records are allocated on one thread and freed on another, Kafka's client library's
/// included, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use config::{ConnectionArgs, Defaults, KafkaArgs, KafkaConfig};
pub use error::Error;
pub use processor::{Outbox, Processor, Record, Refused};
pub use registry::{Compatibility, RegistryConfig};
pub use run::run;
pub use shutdown::{Health, Shutdown};
pub use state::Keyed;
