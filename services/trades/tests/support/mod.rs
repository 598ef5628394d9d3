//! What the tests of the sources share: running one and collecting its events.
#![allow(dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub(crate) mod exchange;

use pipeline::message::{Side, Trade};
use pipeline::source::{Event, Position, Source};
use tokio::sync::mpsc;

/// Runs a source to its end: its events, and its error as the user reads it.
pub(crate) async fn collect(
    source: impl Source,
    position: Position,
) -> (Vec<Event>, Result<(), String>) {
    let (sender, mut receiver) = mpsc::channel(64);
    let running = tokio::spawn(Box::new(source).run(position, sender));
    let mut events = Vec::new();
    while let Some(event) = receiver.recv().await {
        events.push(event);
    }
    let result = running.await.unwrap().map_err(|error| error.to_string());
    (events, result)
}

/// The trades among the events.
pub(crate) fn trades(events: &[Event]) -> Vec<Trade> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Trade(trade) => Some(trade.clone()),
            _ => None,
        })
        .collect()
}

/// The position after these trades have been written.
pub(crate) fn position(written: &[Trade]) -> Position {
    Position {
        trades: written.len() as u64,
        last_trade_ids: written.iter().map(|trade| (trade.pair.clone(), trade.trade_id)).collect(),
    }
}

/// A trade.
pub(crate) fn trade(pair: &str, trade_id: i64, timestamp_ms: i64, price: f64) -> Trade {
    Trade {
        pair: pair.to_owned(),
        price,
        quantity: 2.5,
        side: Some(Side::Buy),
        timestamp_ms,
        trade_id,
    }
}
