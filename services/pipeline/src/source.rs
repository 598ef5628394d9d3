//! The contract with a source of trades: what it sends, and where it goes on
//! after a restart. A source knows nothing of Kafka; `publish` runs one.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;

use crate::message::Trade;
pub use crate::publish::run;

/// What a source sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A trade, in the source's order.
    Trade(Trade),
    /// The source's clock, in milliseconds since 1970 UTC: no older trade will
    /// follow.
    Clock(i64),
    /// No more trades; the last event.
    End,
}

/// How far a source has been published, kept in the same transaction as its
/// trades. A restarted source goes on right after it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Number of trades published so far.
    pub trades: u64,
    /// The number of the last trade published, per pair.
    pub last_trade_ids: BTreeMap<String, i64>,
}

/// Why a source stopped before its end.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A source of trades.
pub trait Source: Send + 'static {
    /// A name that stays the same over restarts: it identifies the published
    /// position, and travels in the header `source` of every record.
    fn name(&self) -> String;

    /// Sends everything that follows `position` into `events`, until the end
    /// or until the receiver is gone. The channel is bounded: a source that is
    /// faster than the broker waits in `send`.
    ///
    /// # Errors
    /// When the source cannot go on. What was sent before is published.
    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>>;
}
