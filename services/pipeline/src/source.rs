//! The contract between a source of trades and the loop that writes them to
//! Kafka: what a source sends, and where it resumes. No source lives here.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::Sender;

use crate::message::Trade;

/// Why a source failed. Its `Display` is the one line a user reads.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// What a source of trades hands to the loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A trade.
    Trade(Trade),
    /// The source's clock, in milliseconds since 1970 UTC: no older trade will follow.
    Clock(i64),
    /// No more trades will follow; the last event.
    End,
}

/// How far a source has been written to the topic, committed with the trades themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Number of trades written by this source so far.
    pub trades: u64,
    /// The latest trade id written, per pair.
    pub last_trade_ids: BTreeMap<String, i64>,
}

/// A source of trades. Implementations send events until they end, the
/// receiver is dropped, or they fail.
pub trait Source: Send + 'static {
    /// Names the source, and its clock, in the record header `source`:
    /// `kraken`, `synthetic`, `replay:XRP/ETH`.
    fn name(&self) -> String;

    /// Runs from `position` on.
    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>>;
}
