//! Event time, over random logs: several pairs and sources in one partition,
//! gaps, wrong clocks, silence, and settings that change between two runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod log;

use candles::{Gaps, Settings};
use log::{Entry, Service, beat, end, settings, trade};
use pipeline::message::Candle;
use proptest::prelude::*;

/// One pair's records: trades about a second apart with leaps, some a little out
/// of order, and heartbeats that never overtake a trade to come.
fn one_pair(pair: &'static str, source: &'static str) -> impl Strategy<Value = Vec<Entry>> {
    let step =
        (prop_oneof![9 => 0i64..3_000, 1 => 0i64..400_000], 0i64..2_000, any::<bool>(), 1..99u8);
    (0i64..4_000_000_000_000, prop::collection::vec(step, 1..60)).prop_map(move |(start, steps)| {
        let mut now = start;
        let mut log = Vec::new();
        for (forward, back, beats, price) in steps {
            now += forward;
            let time_ms = (now - back).max(0);
            log.push(Entry::Trade { pair, source, time_ms, price: f64::from(price) });
            if beats {
                log.push(Entry::Beat { source, time_ms: (now - 2_000).max(0), end: false });
            }
        }
        log
    })
}

/// Both logs in one, each in its own order.
fn woven(one: &[Entry], other: &[Entry], picks: &[bool]) -> Vec<Entry> {
    let (mut one, mut other) = (one.iter(), other.iter());
    let mut both = Vec::new();
    for pick in picks {
        both.extend(if *pick { one.next() } else { other.next() }.cloned());
    }
    both.extend(one.chain(other).cloned());
    both
}

fn flat(most_flat: u32, seconds: &[u32], grace_ms: u32) -> Settings {
    Settings { gaps: Gaps::Flat, most_flat, ..settings(seconds, grace_ms) }
}

/// A candle without trades at this price.
fn is_flat(candle: &Candle, price: f64) -> bool {
    let Candle { open, high, low, close, volume, trades, .. } = *candle;
    [open, high, low, close] == [price; 4] && volume == 0.0 && trades == 0
}

proptest! {
    /// However far another pair of the partition is ahead or behind, by years in
    /// either direction, a pair's candles are those it has alone.
    #[test]
    fn a_pair_has_the_candles_it_would_have_alone(
        one in one_pair("A/B", "x"),
        other in one_pair("C/D", "y"),
        picks in prop::collection::vec(any::<bool>(), 0..200),
        gaps in any::<bool>(),
    ) {
        let settings = || if gaps { flat(5, &[5, 60], 1_000) } else { settings(&[5, 60], 1_000) };
        let both = Service::run(settings(), &woven(&one, &other, &picks));
        for (pair, log) in [("A/B", &one), ("C/D", &other)] {
            let alone = Service::run(settings(), log);
            prop_assert_eq!(both.sent.get(pair), alone.sent.get(pair));
            let late = both.late.iter().filter(|(name, ..)| *name == pair);
            prop_assert!(late.eq(&alone.late));
        }
    }

    /// The same log gives the same bytes, wherever transactions and processes end.
    #[test]
    fn the_same_log_gives_the_same_bytes(
        one in one_pair("A/B", "x"),
        other in one_pair("C/D", "y"),
        picks in prop::collection::vec(any::<bool>(), 0..200),
        ends in prop::collection::vec(0u8..10, 240),
    ) {
        let log = woven(&one, &other, &picks);
        let settings = || flat(3, &[5, 60], 500);
        let whole = Service::run(settings(), &log);
        let mut parts = Service::new(settings());
        for (entry, end) in log.iter().zip(ends.iter().cycle()) {
            parts.read(entry);
            match end {
                0 => parts.restart(settings()),
                1..4 => parts.commit(),
                _ => {}
            }
        }
        prop_assert_eq!(whole.sent, parts.sent);
        prop_assert_eq!(whole.late, parts.late);
    }

    /// With flat gaps the same candles close, and between two of them and after
    /// the last one stand as many flat ones at the last close as windows have
    /// passed, up to the bound.
    #[test]
    fn flat_candles_fill_every_gap_up_to_the_bound(
        log in one_pair("A/B", "x"),
        silence in 0i64..100_000,
        most in 0u32..30,
    ) {
        let times = log.iter().filter_map(|entry| match entry {
            Entry::Trade { time_ms, .. } => Some(*time_ms),
            Entry::Beat { .. } => None,
        });
        let now = times.max().unwrap() + silence;
        let log = [log, vec![beat(now)]].concat();
        let without = Service::run(settings(&[5], 3_000), &log);
        let with = Service::run(flat(most, &[5], 3_000), &log);
        prop_assert_eq!(&without.late, &with.late);
        let mut expected = without.closed("A/B", 5).into_iter().peekable();
        let found = with.closed("A/B", 5);
        let mut found = found.iter();
        while let Some(candle) = expected.next() {
            prop_assert_eq!(found.next(), Some(&candle));
            let passed = now - 3_000;
            let until = expected.peek().map_or(passed, |next| next.window_start_ms);
            let empty = ((until - candle.window_end_ms) / 5_000).max(0);
            for index in 0..empty.min(i64::from(most)) {
                let next = found.next().unwrap();
                prop_assert!(is_flat(next, candle.close));
                prop_assert_eq!(next.window_start_ms, candle.window_end_ms + index * 5_000);
            }
        }
        prop_assert_eq!(found.next(), None);
    }

    /// Trades of a clock that is far ahead are refused, and the log is as if they
    /// were not in it.
    #[test]
    fn a_clock_that_is_far_ahead_makes_nothing_late(
        log in one_pair("A/B", "x"),
        ahead in prop::collection::vec(prop::option::of(60_001i64..1_000_000_000_000), 240),
    ) {
        let settings = || Settings { ahead_ms: 60_000, ..settings(&[5, 60], 1_000) };
        let mut with = Service::new(settings());
        let mut refused = 0;
        for (entry, ahead) in log.iter().zip(&ahead) {
            let time = match entry {
                Entry::Trade { time_ms, .. } | Entry::Beat { time_ms, .. } => *time_ms,
            };
            // Written a minute before its own time is as far as it may be.
            with.read_written(entry, Some(time - 60_000));
            if let Some(ahead) = ahead {
                with.read_written(&trade("A/B", time + ahead, 1.0), Some(time));
                with.read_written(&beat(time + ahead), Some(time));
                refused += 1;
            }
        }
        let mut without = Service::new(settings());
        log.iter().for_each(|entry| without.read(entry));
        prop_assert_eq!(with.sent, without.sent);
        prop_assert_eq!(with.late, without.late);
        prop_assert_eq!(with.refused.len(), refused);
    }

    /// Lengths and grace change with a restart: no candle closes twice, every one has
    /// all trades of its window, and no trade is dropped without a word.
    #[test]
    fn after_a_change_of_settings_candles_are_whole_and_close_once(
        prices in prop::collection::vec((0i64..9_000, 1..99u8), 1..150),
        start in 0i64..4_000_000_000_000,
        changes in prop::collection::vec(
            (
                any::<prop::sample::Index>(),
                prop::sample::subsequence(vec![5u32, 15, 60], 1..4),
                0u32..20_000,
                any::<bool>(),
            ),
            1..4,
        ),
    ) {
        let mut now = start;
        let log: Vec<Entry> = prices
            .iter()
            .map(|(forward, price)| {
                now += forward;
                trade("A/B", now, f64::from(*price))
            })
            .collect();
        let first = settings(&[5, 60], 1_000);
        let reference = Service::run(settings(&[5, 15, 60], 0), log.iter().chain([&end()]));
        let mut service = Service::new(first);
        for (index, entry) in log.iter().enumerate() {
            for (at, seconds, grace_ms, gaps) in &changes {
                if at.index(log.len()) == index {
                    let gaps = if *gaps { Gaps::Flat } else { Gaps::None };
                    service.restart(Settings { gaps, ..settings(seconds, *grace_ms) });
                }
            }
            service.read(entry);
        }
        service.read(&end());
        for entry in &log {
            let Entry::Trade { time_ms, .. } = *entry else { continue };
            let inside = |c: &Candle| (c.window_start_ms..c.window_end_ms).contains(&time_ms);
            let counted = [5, 15, 60].iter().any(|seconds| {
                service.closed("A/B", *seconds).iter().any(|c| c.trades > 0 && inside(c))
            });
            let set_aside = service.late.iter().any(|(_, time, _)| *time == time_ms);
            prop_assert!(counted != set_aside, "{}: {} {}", time_ms, counted, set_aside);
        }
        for seconds in [5, 15, 60] {
            let whole = reference.closed("A/B", seconds);
            let found = service.closed("A/B", seconds);
            prop_assert!(found.is_sorted_by(|a, b| a.window_start_ms < b.window_start_ms));
            for candle in &found {
                let start = candle.window_start_ms;
                match whole.iter().find(|whole| whole.window_start_ms == start) {
                    Some(whole) => prop_assert_eq!(candle, whole),
                    None => prop_assert!(is_flat(candle, candle.close)),
                }
            }
        }
    }
}

#[test]
fn a_removed_length_ends_with_its_open_candle_and_a_new_one_begins_with_a_whole_one() {
    let mut service = Service::new(settings(&[60], 0));
    service.read(&trade("A/B", 10_000, 1.0));
    service.restart(settings(&[30], 0));
    for second in [20, 40, 59, 60, 70, 95, 125] {
        service.read(&trade("A/B", second * 1000, second as f64));
    }
    let minutes = service.closed("A/B", 60);
    assert_eq!(minutes.len(), 1, "the one that was open");
    assert_eq!((minutes[0].open, minutes[0].close, minutes[0].trades), (1.0, 59.0, 4));
    let halves: Vec<_> = service.closed("A/B", 30).iter().map(|c| c.window_start_ms).collect();
    assert_eq!(halves, [30_000, 60_000, 90_000], "of the first half minute a part was not seen");
    assert!(service.late.is_empty());
}

#[test]
fn trades_before_the_first_whole_candle_of_the_only_length_are_set_aside() {
    let mut service = Service::new(settings(&[60], 0));
    service.read(&trade("A/B", 10_000, 1.0));
    service.restart(settings(&[300], 0));
    for second in [20, 60, 299, 300] {
        service.read(&trade("A/B", second * 1000, 1.0));
    }
    assert_eq!(service.closed("A/B", 60)[0].trades, 2, "the one that was open");
    let aside = |time_ms| ("A/B", time_ms, "300".to_owned());
    assert_eq!(service.late, [aside(60_000), aside(299_000)]);
}

#[test]
fn a_longer_grace_does_not_open_again_what_has_closed() {
    let mut service = Service::new(settings(&[60], 0));
    service.read(&trade("A/B", 10_000, 1.0));
    service.read(&trade("A/B", 61_000, 2.0));
    service.restart(settings(&[60], 600_000));
    service.read(&trade("A/B", 59_000, 3.0));
    service.read(&end());
    assert_eq!(service.late, [("A/B", 59_000, "60".to_owned())]);
    let trades: Vec<_> = service.closed("A/B", 60).iter().map(|c| c.trades).collect();
    assert_eq!(trades, [1, 1]);
}

#[test]
fn a_silent_pair_has_flat_candles_while_heartbeats_go_on_until_it_counts_as_gone() {
    let mut service = Service::new(flat(3, &[60], 0));
    service.read(&trade("A/B", 10_000, 7.0));
    let mut counts = Vec::new();
    for minute in 1..=8 {
        service.read(&beat(minute * 60_000));
        counts.push(service.closed("A/B", 60).len());
    }
    assert_eq!(counts, [1, 2, 3, 4, 4, 4, 4, 4]);
    assert!(service.closed("A/B", 60)[1..].iter().all(|candle| is_flat(candle, 7.0)));
    // A week later: what stood in for the gap stays, and no more is made up.
    service.read(&trade("A/B", 7 * 86_400_000, 8.0));
    service.read(&end());
    let closed = service.closed("A/B", 60);
    assert_eq!((closed.len(), closed[4].open), (5, 8.0));
}

#[test]
fn a_trade_for_a_window_that_closed_flat_is_late() {
    let mut service = Service::new(flat(10, &[60], 0));
    service.read(&trade("A/B", 10_000, 7.0));
    service.read(&beat(120_000));
    service.read(&trade("A/B", 70_000, 8.0));
    assert_eq!(service.late, [("A/B", 70_000, "60".to_owned())]);
}

#[test]
fn a_clock_that_is_set_back_makes_trades_late_and_changes_no_candle() {
    let mut service = Service::new(settings(&[60], 0));
    for (time, price) in [(100_000, 1.0), (190_000, 2.0), (30_000, 9.0), (191_000, 3.0)] {
        service.read(&trade("A/B", time, price));
    }
    service.read(&beat(0));
    service.read(&end());
    assert_eq!(service.late, [("A/B", 30_000, "60".to_owned())]);
    let highs: Vec<f64> = service.closed("A/B", 60).iter().map(|c| c.high).collect();
    assert_eq!(highs, [1.0, 3.0]);
}

#[test]
fn a_pair_that_first_appears_in_mid_stream_begins_there() {
    let mut service = Service::new(flat(10, &[60], 0));
    service.read(&trade("A/B", 10_000, 1.0));
    service.read(&beat(1_000_000));
    // Behind the source's clock: it has its own event time.
    service.read(&trade("C/D", 30_000, 5.0));
    service.read(&beat(1_000_000));
    assert_eq!(service.closed("C/D", 60)[0].window_start_ms, 0);
    assert!(service.late.is_empty());
    // Nothing is made up before it.
    service.read(&trade("E/F", 1_000_000, 5.0));
    service.read(&end());
    assert_eq!(service.closed("E/F", 60).len(), 1);
}

#[test]
fn too_far_ahead_is_said_with_the_setting() {
    let mut service = Service::new(Settings { ahead_ms: 1_000, ..settings(&[60], 0) });
    service.read_written(&trade("A/B", 11_000, 1.0), Some(10_000));
    assert!(service.refused.is_empty());
    service.read_written(&trade("A/B", 11_001, 1.0), Some(10_000));
    assert_eq!(
        service.refused,
        [
            "timestamp_ms is 11001, 1001 ms ahead of the record's own time, expected 1000 ms at most \
          (CANDLE_AHEAD_MS)"
        ]
    );
    let mut any = Service::new(Settings { ahead_ms: 0, ..settings(&[60], 0) });
    any.read_written(&trade("A/B", i64::MAX / 4, 1.0), Some(0));
    assert!(any.refused.is_empty());
}

#[test]
fn without_heartbeats_a_silent_pair_closes_with_the_wall_clock() {
    let idle = || Settings { idle_ms: 5_000, ..settings(&[60], 1_000) };
    let mut service = Service::new(idle());
    // A replay, ten minutes after the fact.
    service.read_written(&trade("A/B", 50_000, 1.0), Some(650_000));
    service.tick(654_999);
    service.tick(660_999);
    assert_eq!(service.closed("A/B", 60), [], "its own event time is before the minute's end");
    service.tick(661_000);
    assert_eq!(service.closed("A/B", 60).len(), 1);
    service.tick(700_000);
    assert_eq!(service.closed("A/B", 60).len(), 1);
    // What has closed stays so, also in another process; the pair goes on where it was.
    service.restart(idle());
    service.read_written(&trade("A/B", 59_999, 2.0), Some(701_000));
    assert_eq!(service.late.len(), 1);
    service.read_written(&trade("A/B", 60_000, 3.0), Some(702_000));
    assert_eq!(service.late.len(), 1);
    // A source that has heartbeats speaks for itself.
    service.read(&beat(60_000));
    service.tick(10_000_000);
    assert_eq!(service.closed("A/B", 60).len(), 1);
}
