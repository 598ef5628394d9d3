//! The step: trades move a pair's event time and fill its windows, event time
//! closes them.
//!
//! Event time is the pair's own: the latest of its trades' times and its
//! source's heartbeats. So a pair that lags, or is replayed, loses nothing
//! because another one in its partition runs ahead. A window closes when event
//! time has reached its end and the grace has passed; a trade for a window that
//! has closed is late. A trade or heartbeat whose time is far ahead of when it
//! was written comes from a wrong clock: it moves nothing.

use crate::lane::{Added, Gaps, Lane, Rules};
use crate::window::{length_ms, start_of};
use pipeline::message::{Candle, Heartbeat, Trade};
use pipeline::{Keyed, Outbox, Processor, Record, Refused};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// When updates of a forming candle are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FormingUpdates {
    /// The latest one of each candle, once a transaction.
    #[default]
    Transaction,
    /// One for every trade.
    Trade,
}

/// What candles are made by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Lengths of the candles in seconds, each at least 1.
    pub seconds: Vec<u32>,
    /// How long after its window's end a candle waits for trades.
    pub grace_ms: u32,
    /// When updates of a forming candle are sent.
    pub forming: FormingUpdates,
    /// What is sent for a window without trades.
    pub gaps: Gaps,
    /// After how many flat candles in a row a pair counts as gone.
    pub most_flat: u32,
    /// How far the time of a trade may be ahead of its record's; 0: any.
    pub ahead_ms: u32,
    /// Silence after which a pair's event time goes on with the wall clock, where
    /// its source has no heartbeats; 0: never.
    pub idle_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seconds: vec![60],
            grace_ms: 0,
            forming: FormingUpdates::default(),
            gaps: Gaps::default(),
            most_flat: 1440,
            ahead_ms: 3_600_000,
            idle_ms: 0,
        }
    }
}

/// The service's step.
#[derive(Clone, Debug)]
pub struct Step {
    settings: Settings,
    rules: Rules,
    /// Sources whose heartbeats were seen.
    beating: BTreeSet<String>,
    /// What has been said of changed settings.
    said: BTreeSet<String>,
}

/// What is remembered of one pair.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The source of the latest trade: only its heartbeats count.
    source: String,
    /// In milliseconds since 1970 UTC.
    event_time_ms: i64,
    /// When the latest trade was written, in milliseconds since 1970 UTC.
    heard_ms: i64,
    /// The grace that the open windows were kept with.
    grace_ms: u32,
    /// By length in seconds.
    lanes: BTreeMap<u32, Lane>,
}

impl Step {
    /// Candles by these settings.
    pub fn new(mut settings: Settings) -> Self {
        settings.seconds.sort_unstable();
        settings.seconds.dedup();
        settings.seconds.retain(|seconds| *seconds > 0);
        let rules = Rules {
            grace_ms: i64::from(settings.grace_ms),
            gaps: settings.gaps,
            most_flat: settings.most_flat,
        };
        Self { settings, rules, beating: BTreeSet::new(), said: BTreeSet::new() }
    }

    /// Adds the trade to its window of every length. The lengths for which it is late;
    /// and if it is in no candle at all, those that begin later.
    fn add(&self, trade: &Trade, state: &mut State) -> Vec<(u32, Added)> {
        for &seconds in &self.settings.seconds {
            state.lanes.entry(seconds).or_insert_with(|| Lane::beginning(0));
        }
        let event_time_ms = state.event_time_ms;
        let (mut missed, mut counted) = (Vec::new(), false);
        for (&seconds, lane) in &mut state.lanes {
            match lane.add(trade, seconds, event_time_ms, self.rules) {
                Added::Counted => counted = true,
                Added::NoWindow => {}
                why @ (Added::Late | Added::TooEarly) => missed.push((seconds, why)),
            }
        }
        missed.retain(|(_, why)| !counted || *why == Added::Late);
        missed
    }

    fn is_due(&self, state: &State, event_time_ms: i64, all: bool) -> bool {
        let mut lanes = state.lanes.iter();
        lanes.any(|(&seconds, lane)| lane.is_due(seconds, event_time_ms, all, self.rules))
    }

    /// Closes what event time has passed, or everything, in the order of the
    /// windows' ends.
    fn close(
        &self,
        pair: &str,
        state: &mut State,
        event_time_ms: i64,
        all: bool,
        out: &mut Outbox<Candle>,
    ) {
        let mut closed = Vec::new();
        for (&seconds, lane) in &mut state.lanes {
            lane.close(seconds, event_time_ms, all, self.rules, |start, window| {
                closed.push(window.candle(pair, start, seconds, true));
            });
        }
        closed.sort_by_key(|candle| (candle.window_end_ms, candle.candle_seconds));
        for candle in closed {
            let end = candle.window_end_ms;
            out.emit(candle, end);
        }
    }

    /// Sends the forming candles that have changed since they were last sent.
    fn send_forming(pair: &str, state: &mut State, out: &mut Outbox<Candle>) {
        for (&seconds, lane) in &mut state.lanes {
            for (start, window) in lane.take_unsent() {
                out.emit(window.candle(pair, start, seconds, false), window.last_ms());
            }
        }
    }

    /// How far a time is ahead of its record's own, if that is too far.
    fn ahead(&self, timestamp_ms: i64, record: &Record<'_>) -> Option<i64> {
        let ahead_ms = timestamp_ms.saturating_sub(record.written_ms?);
        let most_ms = i64::from(self.settings.ahead_ms);
        (most_ms > 0 && ahead_ms > most_ms).then_some(ahead_ms)
    }

    fn say(&mut self, words: String) {
        if !self.said.contains(&words) {
            tracing::warn!("{words}");
            self.said.insert(words);
        }
    }
}

impl Processor for Step {
    type Input = Trade;
    type Output = Candle;
    type State = State;

    const SERVICE: &'static str = "candles";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STATE_VERSION: u32 = 2;
    const HAS_LATE: bool = true;

    fn process(
        &mut self,
        trade: Trade,
        record: &Record<'_>,
        state: &mut Keyed<State>,
        out: &mut Outbox<Candle>,
    ) -> Result<(), Refused> {
        if let Some(ahead_ms) = self.ahead(trade.timestamp_ms, record) {
            // Counted, it would make the pair's next trades late.
            return Err(Refused(format!(
                "timestamp_ms is {}, {ahead_ms} ms ahead of the record's own time, expected {} ms \
                 at most (CANDLE_AHEAD_MS)",
                trade.timestamp_ms, self.settings.ahead_ms
            )));
        }
        let lanes = &state.get().lanes;
        if !lanes.iter().all(|(&seconds, lane)| lane.has_room_for(&trade, seconds)) {
            return Err(Refused(format!(
                "quantity is {}: with it the candle's volume would be larger than any number",
                trade.quantity
            )));
        }
        let state = state.get_mut();
        // Not to compare nothing with nothing saves a tenth of a trade's time: where an
        // empty string points to, there is no memory, and the C library's `memcmp` looks.
        let unnamed = state.source.is_empty() && record.source.is_empty();
        if !unnamed && state.source != record.source {
            state.source = record.source.to_owned();
        }
        state.grace_ms = self.settings.grace_ms;
        state.heard_ms = record.written_ms.unwrap_or(trade.timestamp_ms);
        state.event_time_ms = state.event_time_ms.max(trade.timestamp_ms);
        self.close(&trade.pair, state, state.event_time_ms, false, out);
        let missed = self.add(&trade, state);
        if !missed.is_empty() {
            let lengths = |what: &[Added]| {
                let of_those = missed.iter().filter(|(_, why)| what.contains(why));
                of_those.map(|(seconds, _)| seconds.to_string()).collect::<Vec<_>>().join(",")
            };
            let (late, early) = (lengths(&[Added::Late]), lengths(&[Added::TooEarly]));
            let mut reasons = Vec::new();
            if !late.is_empty() {
                reasons.push(format!("its candle of {late} s has closed"));
            }
            if !early.is_empty() {
                reasons.push(format!(
                    "its candle of {early} s is not made: it began before CANDLE_SECONDS had that"
                ));
            }
            out.late(vec![
                ("reason", reasons.join(", ")),
                ("candle_seconds", lengths(&[Added::Late, Added::TooEarly])),
                ("event_time_ms", state.event_time_ms.to_string()),
            ]);
        }
        if self.settings.forming == FormingUpdates::Trade {
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
        if !self.beating.contains(record.source) {
            self.beating.insert(record.source.to_owned());
        }
        let now = state.get();
        let moves = beat.timestamp_ms > now.event_time_ms || beat.end;
        if now.source != record.source || !moves || self.ahead(beat.timestamp_ms, record).is_some()
        {
            return;
        }
        // A second without trades must not write the pair's state anew unless
        // something closes: event time alone is not kept until then, as the next
        // trade or heartbeat tells it again.
        let event_time_ms = now.event_time_ms.max(beat.timestamp_ms);
        if self.is_due(now, event_time_ms, beat.end) {
            let state = state.get_mut();
            state.event_time_ms = event_time_ms;
            self.close(pair, state, event_time_ms, beat.end, out);
        }
    }

    fn ticks(&self) -> bool {
        self.settings.idle_ms > 0
    }

    /// A pair without heartbeats that has been silent for long enough: its event
    /// time goes on with the wall clock from where its latest trade left it. Only
    /// the windows know: the next trade counts as if there had been no clock,
    /// unless its window has closed.
    fn tick(
        &mut self,
        now_ms: i64,
        pair: &str,
        state: &mut Keyed<State>,
        out: &mut Outbox<Candle>,
    ) {
        let now = state.get();
        let silent_ms = now_ms.saturating_sub(now.heard_ms);
        if silent_ms < i64::from(self.settings.idle_ms) || self.beating.contains(&now.source) {
            return;
        }
        let event_time_ms = now.event_time_ms.saturating_add(silent_ms);
        if self.is_due(now, event_time_ms, false) {
            self.close(pair, state.get_mut(), event_time_ms, false, out);
        }
    }

    fn before_commit(&mut self, pair: &str, state: &mut Keyed<State>, out: &mut Outbox<Candle>) {
        Self::send_forming(pair, state.get_mut(), out);
    }

    /// The settings may have changed since the state was kept. What has closed
    /// stays closed, what is open goes on to its end, and no candle is made of
    /// which a part was not seen.
    fn restored(&mut self, pair: &str, state: &mut State) -> Result<(), String> {
        if state.lanes.is_empty() {
            return Ok(());
        }
        let grace_ms = self.settings.grace_ms;
        if state.grace_ms != grace_ms {
            self.say(format!(
                "the state was kept with CANDLE_GRACE_MS {}, now it is {grace_ms}: open candles \
                 close by the new grace, closed ones stay closed",
                state.grace_ms
            ));
        }
        for (&seconds, lane) in &mut state.lanes {
            if lane.is_configured() && !self.settings.seconds.contains(&seconds) {
                lane.wind_down();
                tracing::debug!(pair, seconds, open = lane.open_windows(), "candles end");
                self.say(format!(
                    "CANDLE_SECONDS has no {seconds} any more: candles of this length that are \
                     open still take trades and close at their time, no new ones begin"
                ));
            }
        }
        for seconds in self.settings.seconds.clone() {
            if state.lanes.get(&seconds).is_some_and(Lane::is_configured) {
                continue;
            }
            // The window that event time is in may have had trades already.
            let begins_ms = start_of(state.event_time_ms, seconds) + length_ms(seconds);
            match state.lanes.get_mut(&seconds) {
                Some(lane) => lane.resume(begins_ms),
                None => {
                    state.lanes.insert(seconds, Lane::beginning(begins_ms));
                }
            }
            tracing::debug!(pair, seconds, begins_ms, "candles begin");
            self.say(format!(
                "CANDLE_SECONDS has {seconds} now: each known pair's candles of this length begin \
                 with its next whole window"
            ));
        }
        Ok(())
    }
}
