//! The step against plain references, and the rules of event time. No broker.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use candles::{FormingUpdates, Settings, State, Step};
use pipeline::message::{Candle, Heartbeat, Trade};
use pipeline::{Keyed, Outbox, Processor, Record};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A step with the state of one pair.
struct Pair {
    step: Step,
    state: Keyed<State>,
}

/// What came of one record: candles and, for a late trade, its headers.
type Outcome = (Vec<Candle>, Option<Vec<(&'static str, String)>>);

impl Pair {
    fn new(seconds: &[u32], grace_ms: u32, forming: FormingUpdates) -> Self {
        let settings =
            Settings { seconds: seconds.to_vec(), grace_ms, forming, ..Settings::default() };
        Self { step: Step::new(settings), state: Keyed::new(State::default()) }
    }

    fn trade(&mut self, source: &str, timestamp_ms: i64, price: f64) -> Outcome {
        let trade = Trade {
            pair: "A/B".to_owned(),
            price,
            quantity: 2.0,
            side: None,
            timestamp_ms,
            trade_id: 0,
        };
        let record = Record { source, timestamp_ms, written_ms: None, partition: 0, offset: 0 };
        let mut out = Outbox::default();
        self.step.process(trade, &record, &mut self.state, &mut out).unwrap();
        let late = out.take_late();
        (out.take_outputs().map(|(candle, _)| candle).collect(), late)
    }

    fn beat(&mut self, source: &str, timestamp_ms: i64, end: bool) -> Vec<Candle> {
        let record = Record { source, timestamp_ms, written_ms: None, partition: 0, offset: 0 };
        let mut out = Outbox::default();
        let beat = Heartbeat { timestamp_ms, end };
        self.step.heartbeat(&beat, &record, "A/B", &mut self.state, &mut out);
        out.take_outputs().map(|(candle, _)| candle).collect()
    }

    fn commit(&mut self) -> Vec<Candle> {
        let mut out = Outbox::default();
        self.step.before_commit("A/B", &mut self.state, &mut out);
        out.take_outputs().map(|(candle, _)| candle).collect()
    }
}

fn per_trade(seconds: &[u32], grace_ms: u32) -> Pair {
    Pair::new(seconds, grace_ms, FormingUpdates::Trade)
}

fn only_closed(candles: Vec<Candle>) -> Vec<Candle> {
    candles.into_iter().filter(|candle| candle.closed).collect()
}

proptest! {
    /// Trades in any order within the grace give the candles of the sorted
    /// trades, each once, in order.
    #[test]
    fn candles_are_those_of_the_trades_in_order_of_time(
        seconds in prop::sample::subsequence(vec![1, 5, 60, 3600], 1..4),
        start in 0i64..4_000_000_000_000,
        steps in prop::collection::vec((0i64..90_000, -3_000i64..1, 1.0..1e6), 1..200),
    ) {
        let mut pair = per_trade(&seconds, 4_000);
        let (mut now, mut trades, mut sent) = (start, Vec::new(), Vec::new());
        for (forward, back, price) in steps {
            now += forward;
            let time = (now + back).max(0);
            trades.push((time, price));
            let (candles, late) = pair.trade("x", time, price);
            prop_assert_eq!(late, None);
            sent.extend(only_closed(candles));
        }
        sent.extend(pair.beat("x", now, true));
        for seconds in seconds {
            let length = i64::from(seconds) * 1000;
            let mut windows: BTreeMap<i64, Vec<(i64, f64)>> = BTreeMap::new();
            for trade in &trades {
                windows.entry(trade.0.div_euclid(length) * length).or_default().push(*trade);
            }
            let sent: Vec<_> = sent.iter().filter(|c| c.candle_seconds == seconds).collect();
            prop_assert_eq!(sent.len(), windows.len());
            for (candle, (start, mut trades)) in sent.into_iter().zip(windows) {
                let prices = || trades.iter().map(|trade| trade.1);
                prop_assert_eq!(candle.high, prices().fold(f64::MIN, f64::max));
                prop_assert_eq!(candle.low, prices().fold(f64::MAX, f64::min));
                prop_assert_eq!(candle.volume, 2.0 * trades.len() as f64);
                prop_assert_eq!(candle.trades, trades.len() as u64);
                trades.sort_by_key(|trade| trade.0);
                prop_assert_eq!(candle.open, trades[0].1);
                prop_assert_eq!(candle.close, trades[trades.len() - 1].1);
                prop_assert_eq!(
                    (candle.window_start_ms, candle.window_end_ms),
                    (start, start + length)
                );
            }
        }
    }

    /// No trade is in no candle, and none in two, whatever the order: it is in a
    /// closed candle or it was late.
    #[test]
    fn every_trade_is_in_one_candle_or_late(
        grace_ms in 0u32..20_000,
        times in prop::collection::vec(0i64..200_000, 1..200),
    ) {
        let mut pair = per_trade(&[10], grace_ms);
        let (mut closed, mut late) = (Vec::new(), 0);
        for time in &times {
            let (candles, headers) = pair.trade("x", *time, 1.0);
            late += u64::from(headers.is_some());
            closed.extend(only_closed(candles));
        }
        closed.extend(pair.beat("x", 0, true));
        let counted: u64 = closed.iter().map(|candle| candle.trades).sum();
        prop_assert_eq!(counted + late, times.len() as u64);
        prop_assert!(closed.is_sorted_by(|a, b| a.window_start_ms < b.window_start_ms));
    }

    /// A state that was kept and read back goes on as if nothing had happened.
    #[test]
    fn a_restored_state_goes_on(
        times in prop::collection::vec(0i64..200_000, 2..100),
        stop in any::<prop::sample::Index>(),
    ) {
        let stop = stop.index(times.len());
        let mut whole = per_trade(&[10, 60], 5_000);
        let mut parts = per_trade(&[10, 60], 5_000);
        for (i, time) in times.iter().enumerate() {
            if i == stop {
                parts.commit();
                let json = serde_json::to_vec(parts.state.get()).unwrap();
                let mut state: State = serde_json::from_slice(&json).unwrap();
                parts.step.restored("A/B", &mut state).unwrap();
                parts.state = Keyed::new(state);
            }
            prop_assert_eq!(whole.trade("x", *time, 1.0), parts.trade("x", *time, 1.0));
        }
        prop_assert_eq!(whole.beat("x", 1_000_000, false), parts.beat("x", 1_000_000, false));
    }
}

#[test]
fn a_window_closes_when_event_time_reaches_its_end_and_the_grace() {
    let mut pair = per_trade(&[60], 1_000);
    pair.trade("x", 59_999, 1.0);
    assert_eq!(only_closed(pair.trade("x", 60_999, 2.0).0), []);
    let closed = only_closed(pair.trade("x", 61_000, 3.0).0);
    assert_eq!((closed.len(), closed[0].close, closed[0].window_end_ms), (1, 1.0, 60_000));
}

#[test]
fn a_heartbeat_closes_only_what_its_own_source_filled() {
    let mut pair = per_trade(&[60], 0);
    pair.trade("kraken", 1_000, 1.0);
    assert_eq!(pair.beat("another", 1_000_000, true), []);
    assert_eq!(pair.beat("kraken", 59_999, false), []);
    assert_eq!(pair.beat("kraken", 60_000, false).len(), 1);
    assert_eq!(pair.beat("kraken", 60_000, false), []);
}

#[test]
fn a_late_trade_is_said_to_be_late_for_the_lengths_that_have_closed() {
    let mut pair = per_trade(&[10, 60], 0);
    pair.trade("x", 5_000, 1.0);
    pair.trade("x", 25_000, 2.0);
    let (candles, late) = pair.trade("x", 9_000, 9.0);
    let headers = [
        ("reason", "its candle of 10 s has closed".to_owned()),
        ("candle_seconds", "10".to_owned()),
        ("event_time_ms", "25000".to_owned()),
    ];
    assert_eq!(late, Some(headers.to_vec()));
    let still_open: Vec<_> = candles.iter().map(|c| (c.candle_seconds, c.high, c.close)).collect();
    assert_eq!(still_open, [(60, 9.0, 2.0)], "it counts where it is not late");
}

#[test]
fn after_a_source_has_ended_its_windows_stay_closed_and_later_ones_open() {
    let mut pair = per_trade(&[60], 0);
    pair.trade("x", 1_000, 1.0);
    assert_eq!(pair.beat("x", 1_000, true).len(), 1);
    assert!(pair.trade("x", 2_000, 1.0).1.is_some());
    assert!(pair.trade("x", 61_000, 1.0).1.is_none());
}

#[test]
fn forming_updates_are_one_a_trade_or_the_latest_a_transaction() {
    let mut each = per_trade(&[60], 0);
    assert_eq!(each.trade("x", 1_000, 1.0).0.len(), 1);
    assert_eq!(each.trade("x", 2_000, 2.0).0.len(), 1);
    assert_eq!(each.commit(), []);

    let mut latest = Pair::new(&[60], 0, FormingUpdates::Transaction);
    assert_eq!(latest.trade("x", 1_000, 1.0).0, []);
    assert_eq!(latest.trade("x", 2_000, 2.0).0, []);
    let sent = latest.commit();
    assert_eq!((sent.len(), sent[0].close, sent[0].closed), (1, 2.0, false));
    assert_eq!(latest.commit(), []);
    let closed = latest.trade("x", 61_000, 3.0).0;
    assert_eq!((closed.len(), closed[0].closed), (1, true), "closed at once, formed at the commit");
    assert_eq!(latest.commit().len(), 1);
}

#[test]
fn years_and_days_begin_where_windows_do() {
    // 2023-12-31T23:59:59.999Z and the next millisecond.
    let mut pair = per_trade(&[60, 86_400], 0);
    pair.trade("x", 1_704_067_199_999, 1.0);
    let closed = only_closed(pair.trade("x", 1_704_067_200_000, 2.0).0);
    let ends: Vec<_> = closed.iter().map(|candle| candle.window_end_ms).collect();
    assert_eq!(ends, [1_704_067_200_000; 2]);
}
