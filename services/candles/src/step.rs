//! The step: trades move a pair's event time and fill its windows, event time
//! closes them.
//!
//! Event time is the pair's own: the latest of its trades' times and its
//! source's heartbeats. So a pair that lags, or is replayed, loses nothing
//! because another one in its partition runs ahead. A window closes when event
//! time has reached its end and the grace has passed; a trade for a window that
//! has closed is late.

use crate::window::{Window, length_ms, start_of};
use pipeline::message::{Candle, Heartbeat, Trade};
use pipeline::{Keyed, Outbox, Processor, Record, Refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When updates of a forming candle are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FormingUpdates {
    /// The latest one of each candle, once a transaction.
    #[default]
    Transaction,
    /// One for every trade.
    Trade,
}

/// The service's step.
#[derive(Clone, Debug)]
pub struct Step {
    seconds: Vec<u32>,
    grace_ms: i64,
    forming: FormingUpdates,
}

/// What is remembered of one pair.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The source of the latest trade: only its heartbeats count.
    source: String,
    /// In milliseconds since 1970 UTC.
    event_time_ms: i64,
    /// By length in seconds.
    lanes: BTreeMap<u32, Lane>,
}

/// The windows of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Lane {
    /// The open windows, by start.
    open: BTreeMap<i64, Open>,
    /// End of the latest window that a source closed by ending; trades before it
    /// are late, wherever event time is.
    ended_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    window: Window,
    /// Changed in this transaction, and not sent since.
    #[serde(skip)]
    unsent: bool,
}

impl Step {
    /// Candles of these lengths, in seconds, each at least 1.
    pub fn new(mut seconds: Vec<u32>, grace_ms: u32, forming: FormingUpdates) -> Self {
        seconds.sort_unstable();
        seconds.dedup();
        seconds.retain(|seconds| *seconds > 0);
        Self { seconds, grace_ms: i64::from(grace_ms), forming }
    }

    /// Adds the trade to its window of every length; the lengths for which it is
    /// late.
    fn add(&self, trade: &Trade, state: &mut State) -> Vec<u32> {
        let mut late = Vec::new();
        for &seconds in &self.seconds {
            let lane = state.lanes.entry(seconds).or_default();
            let start = start_of(trade.timestamp_ms, seconds);
            let end = start + length_ms(seconds);
            if end + self.grace_ms <= state.event_time_ms || end <= lane.ended_ms {
                late.push(seconds);
                continue;
            }
            match lane.open.get_mut(&start) {
                Some(open) => {
                    open.window.add(trade);
                    open.unsent = true;
                }
                None => {
                    lane.open.insert(start, Open { window: Window::of(trade), unsent: true });
                }
            }
        }
        late
    }

    /// Closes what event time has passed, or everything, in the order of the
    /// windows' ends.
    fn close(&self, pair: &str, state: &mut State, all: bool, out: &mut Outbox<Candle>) {
        let mut due: Vec<(i64, u32)> = Vec::new();
        for (&seconds, lane) in &state.lanes {
            let ends = lane.open.keys().map(|start| start + length_ms(seconds));
            let passed = ends.filter(|end| all || end + self.grace_ms <= state.event_time_ms);
            due.extend(passed.map(|end| (end, seconds)));
        }
        due.sort_unstable();
        for (end, seconds) in due {
            let start = end - length_ms(seconds);
            let Some(lane) = state.lanes.get_mut(&seconds) else { continue };
            if let Some(open) = lane.open.remove(&start) {
                out.emit(open.window.candle(pair, start, seconds, true), end);
            }
            if all {
                lane.ended_ms = lane.ended_ms.max(end);
            }
        }
    }

    /// Sends the forming candles that have changed since they were last sent.
    fn send_forming(pair: &str, state: &mut State, out: &mut Outbox<Candle>) {
        for (&seconds, lane) in &mut state.lanes {
            for (&start, open) in lane.open.iter_mut().filter(|(_, open)| open.unsent) {
                open.unsent = false;
                let candle = open.window.candle(pair, start, seconds, false);
                out.emit(candle, open.window.last_ms());
            }
        }
    }
}

impl Processor for Step {
    type Input = Trade;
    type Output = Candle;
    type State = State;

    const SERVICE: &'static str = "candles";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STATE_VERSION: u32 = 1;
    const HAS_LATE: bool = true;

    fn process(
        &mut self,
        trade: Trade,
        record: &Record<'_>,
        state: &mut Keyed<State>,
        out: &mut Outbox<Candle>,
    ) -> Result<(), Refused> {
        let state = state.get_mut();
        if state.source != record.source {
            state.source = record.source.to_owned();
        }
        state.event_time_ms = state.event_time_ms.max(trade.timestamp_ms);
        self.close(&trade.pair, state, false, out);
        let late = self.add(&trade, state);
        if !late.is_empty() {
            let lengths: Vec<String> = late.iter().map(u32::to_string).collect();
            out.late(vec![
                ("candle_seconds", lengths.join(",")),
                ("event_time_ms", state.event_time_ms.to_string()),
            ]);
        }
        if self.forming == FormingUpdates::Trade {
            Self::send_forming(&trade.pair, state, out);
        }
        Ok(())
    }

    fn heartbeat(
        &mut self,
        beat: &Heartbeat,
        record: &Record<'_>,
        pair: &str,
        state: &mut Keyed<State>,
        out: &mut Outbox<Candle>,
    ) {
        let now = state.get();
        let moves = beat.timestamp_ms > now.event_time_ms || beat.end;
        if now.source != record.source || !moves {
            return;
        }
        // A second without trades must not write the pair's state anew unless
        // something closes: event time alone is not kept until then, as the next
        // trade or heartbeat tells it again.
        let event_time_ms = now.event_time_ms.max(beat.timestamp_ms);
        let due = now.lanes.iter().any(|(seconds, lane)| {
            let first = lane.open.keys().next();
            first.is_some_and(|start| {
                beat.end || start + length_ms(*seconds) + self.grace_ms <= event_time_ms
            })
        });
        if due {
            let state = state.get_mut();
            state.event_time_ms = event_time_ms;
            self.close(pair, state, beat.end, out);
        }
    }

    fn before_commit(&mut self, pair: &str, state: &mut Keyed<State>, out: &mut Outbox<Candle>) {
        Self::send_forming(pair, state.get_mut(), out);
    }

    /// Lengths that are no longer configured are given up, with their open
    /// candles.
    fn restored(&mut self, _: &str, state: &mut State) -> Result<(), String> {
        state.lanes.retain(|seconds, _| self.seconds.contains(seconds));
        Ok(())
    }
}
