//! The source that replays a recording: checked whole before its first trade is
//! sent, then sent at the recorded pace, faster, or without waiting. How a file
//! is read is `recording`'s.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use pipeline::message::Trade;
use pipeline::source::{Event, Position, Source, SourceError};
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;

use crate::pace::{Pace, ReceiverGone, Speed, send};
use crate::pair::Pair;
use crate::recording::{Recording, RecordingError, check};

/// Trades read from the file at a time: large enough that the hop to a thread
/// that may block costs nothing, small enough to be no memory.
const BATCH: usize = 1024;

/// Replays a file of recorded trades as one pair's.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The file; see [`crate::recording`] for the formats.
    pub path: PathBuf,
    /// The pair that the trades are of.
    pub pair: Pair,
    /// How fast recorded time runs.
    pub speed: Speed,
}

/// The file is not the one that the position was written from.
#[derive(Debug, thiserror::Error)]
#[error("{}: {found}, expected the file whose first {written} trades were written before", path.display())]
struct OtherFile {
    path: PathBuf,
    found: String,
    written: u64,
}

impl Source for Replay {
    /// With the file's name: the position in one file is none in another.
    fn name(&self) -> String {
        let file = self.path.file_name().unwrap_or(self.path.as_os_str());
        format!("replay:{}:{}", self.pair, file.to_string_lossy())
    }

    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let Self { path, pair, speed } = *self;
            let (summary, mut recording) = spawn_blocking(move || {
                let summary = check(&path, &pair)?;
                let recording = resume(Recording::open(&path, &pair)?, &path, &pair, &position)?;
                Ok::<_, SourceError>((summary, recording))
            })
            .await??;
            let mut pace = Pace::new(speed);
            loop {
                let (batch, rest) = spawn_blocking(|| read_batch(recording)).await??;
                recording = rest;
                if batch.is_empty() {
                    break;
                }
                for trade in batch {
                    let handed_over = async {
                        pace.wait_for(trade.timestamp_ms, summary.disorder_ms, &events).await?;
                        send(&events, Event::Trade(trade)).await
                    };
                    if let Err(ReceiverGone) = handed_over.await {
                        return Ok(());
                    }
                }
            }
            for last in [Event::Clock(summary.latest_ms), Event::End] {
                if let Err(ReceiverGone) = send(&events, last).await {
                    return Ok(());
                }
            }
            Ok(())
        })
    }
}

/// Skips what has been written before. The last trade skipped must be the last
/// one written: a position that belongs to another file would lose trades.
fn resume(
    mut recording: Recording,
    path: &std::path::Path,
    pair: &Pair,
    position: &Position,
) -> Result<Recording, SourceError> {
    let other_file =
        |found: String| OtherFile { path: path.to_owned(), found, written: position.trades };
    let mut last_id = None;
    for row in 0..position.trades {
        match recording.next() {
            Some(trade) => last_id = Some(trade?.trade_id),
            None => return Err(other_file(format!("{row} trades")).into()),
        }
    }
    let written = position.last_trade_ids.get(pair.as_str()).copied();
    match (last_id, written) {
        (Some(id), Some(written)) if id != written => Err(other_file(format!(
            "trade {} has trade_id {id} where {written} was written",
            position.trades
        ))
        .into()),
        _ => Ok(recording),
    }
}

fn read_batch(mut recording: Recording) -> Result<(Vec<Trade>, Recording), RecordingError> {
    let batch = recording.by_ref().take(BATCH).collect::<Result<_, _>>()?;
    Ok((batch, recording))
}
