//! A partition's log as the step sees it: trades of several pairs and heartbeats
//! of several sources, run through the step with commits and restarts between.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use candles::{FormingUpdates, Settings, State, Step};
use pipeline::message::{Candle, Heartbeat, Trade};
use pipeline::{Keyed, Outbox, Processor, Record};
use std::collections::BTreeMap;

/// A record of the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Trade { pair: &'static str, source: &'static str, time_ms: i64, price: f64 },
    Beat { source: &'static str, time_ms: i64, end: bool },
}

pub fn trade(pair: &'static str, time_ms: i64, price: f64) -> Entry {
    Entry::Trade { pair, source: "x", time_ms, price }
}

pub fn beat(time_ms: i64) -> Entry {
    Entry::Beat { source: "x", time_ms, end: false }
}

pub fn end() -> Entry {
    Entry::Beat { source: "x", time_ms: 0, end: true }
}

pub fn settings(seconds: &[u32], grace_ms: u32) -> Settings {
    let forming = FormingUpdates::Trade;
    Settings { seconds: seconds.to_vec(), grace_ms, forming, ..Settings::default() }
}

/// The step with the state of every pair, and what has come out.
pub struct Service {
    step: Step,
    states: BTreeMap<&'static str, Keyed<State>>,
    /// Per pair, in order, as JSON.
    pub sent: BTreeMap<String, Vec<String>>,
    /// Trades that were late, by pair and time, with the lengths.
    pub late: Vec<(&'static str, i64, String)>,
    /// Why trades were refused.
    pub refused: Vec<String>,
}

impl Service {
    pub fn new(settings: Settings) -> Self {
        Self {
            step: Step::new(settings),
            states: BTreeMap::new(),
            sent: BTreeMap::new(),
            late: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// What comes of a whole log.
    pub fn run<'a>(settings: Settings, log: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut service = Self::new(settings);
        log.into_iter().for_each(|entry| service.read(entry));
        service
    }

    pub fn read(&mut self, entry: &Entry) {
        self.read_written(entry, None);
    }

    /// Reads a record with a timestamp of its own.
    pub fn read_written(&mut self, entry: &Entry, written_ms: Option<i64>) {
        let mut out = Outbox::default();
        match *entry {
            Entry::Trade { pair, source, time_ms, price } => {
                let record = record(source, time_ms, written_ms);
                let trade = Trade {
                    pair: pair.to_owned(),
                    price,
                    quantity: 2.0,
                    side: None,
                    timestamp_ms: time_ms,
                    trade_id: 0,
                };
                let state = self.states.entry(pair).or_default();
                if let Err(refused) = self.step.process(trade, &record, state, &mut out) {
                    self.refused.push(refused.0);
                }
                if let Some(headers) = out.take_late() {
                    let lengths = headers.into_iter().find(|(name, _)| *name == "candle_seconds");
                    self.late.push((pair, time_ms, lengths.unwrap().1));
                }
                self.keep(&mut out);
            }
            Entry::Beat { source, time_ms, end } => {
                let record = record(source, time_ms, written_ms);
                let beat = Heartbeat { timestamp_ms: time_ms, end };
                for (pair, state) in &mut self.states {
                    self.step.heartbeat(&beat, &record, pair, state, &mut out);
                }
                self.keep(&mut out);
            }
        }
    }

    /// All input is read, and the wall clock shows this.
    pub fn tick(&mut self, now_ms: i64) {
        assert!(self.step.ticks());
        let mut out = Outbox::default();
        for (pair, state) in &mut self.states {
            self.step.tick(now_ms, pair, state, &mut out);
        }
        self.keep(&mut out);
    }

    pub fn commit(&mut self) {
        let mut out = Outbox::default();
        for (pair, state) in &mut self.states {
            self.step.before_commit(pair, state, &mut out);
        }
        self.keep(&mut out);
    }

    /// Commits, and goes on in a new process with what is in the changelog.
    pub fn restart(&mut self, settings: Settings) {
        self.commit();
        self.step = Step::new(settings);
        for (pair, state) in &mut self.states {
            let kept = serde_json::to_vec(state.get()).unwrap();
            let mut kept: State = serde_json::from_slice(&kept).unwrap();
            self.step.restored(pair, &mut kept).unwrap();
            *state = Keyed::new(kept);
        }
    }

    fn keep(&mut self, out: &mut Outbox<Candle>) {
        for (candle, _) in out.take_outputs() {
            let json = serde_json::to_string(&candle).unwrap();
            self.sent.entry(candle.pair).or_default().push(json);
        }
    }

    /// The closed candles of a pair and a length, in their order.
    pub fn closed(&self, pair: &str, seconds: u32) -> Vec<Candle> {
        let sent = self.sent.get(pair).into_iter().flatten();
        sent.map(|json| serde_json::from_str::<Candle>(json).unwrap())
            .filter(|candle| candle.closed && candle.candle_seconds == seconds)
            .collect()
    }
}

fn record(source: &str, timestamp_ms: i64, written_ms: Option<i64>) -> Record<'_> {
    Record { source, timestamp_ms, written_ms, partition: 0, offset: 0 }
}
