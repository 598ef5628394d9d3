//! The synthetic market: the same for the same seed, and hard enough.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::time::SystemTime;

use pipeline::message::Trade;
use pipeline::source::{Event, Position, Source};
use proptest::prelude::*;
use support::{collect, position, trades};
use tokio::sync::mpsc;
use tokio::time::Instant;
use trades::synthetic::{DEFAULT_PAIRS, Synthetic};
use trades::{Pair, Speed};

fn pairs(names: &[&str]) -> Vec<Pair> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn market(names: &[&str], seed: u64, limit: u64) -> Synthetic {
    Synthetic::new(&pairs(names), seed, Speed::Max, Some(limit)).unwrap()
}

async fn made_up(names: &[&str], seed: u64, limit: u64) -> Vec<Trade> {
    let (events, result) = collect(market(names, seed, limit), Position::default()).await;
    assert_eq!(result, Ok(()));
    trades(&events)
}

#[tokio::test]
async fn the_same_seed_makes_the_same_market() {
    let first = made_up(&[], 1, 5_000).await;
    assert_eq!(first.len(), 5_000);
    assert!(first == made_up(&[], 1, 5_000).await);
    assert!(first != made_up(&[], 2, 5_000).await);

    let start = |start_ms| market(&[], 1, 100).starting_at(start_ms);
    let (early, _) = collect(start(1_000_000), Position::default()).await;
    let (late, _) = collect(start(2_000_000), Position::default()).await;
    for (early, late) in trades(&early).iter().zip(&trades(&late)) {
        assert_eq!(early.timestamp_ms + 1_000_000, late.timestamp_ms);
        assert_eq!(early.price, late.price);
    }
}

#[tokio::test]
async fn a_pair_does_not_depend_on_its_company() {
    let together = made_up(&["BTC/EUR", "XRP/ETH"], 7, 10_000).await;
    let alone = made_up(&["XRP/ETH"], 7, 50).await;
    let same: Vec<Trade> = together.into_iter().filter(|t| t.pair == "XRP/ETH").take(50).collect();
    assert!(same == alone);
}

#[tokio::test]
async fn time_ids_and_prices_are_in_order() {
    let (events, _) = collect(market(&[], 3, 50_000), Position::default()).await;
    let all = trades(&events);
    let seen: BTreeSet<&str> = all.iter().map(|trade| trade.pair.as_str()).collect();
    assert_eq!(seen, BTreeSet::from(DEFAULT_PAIRS));
    assert!(all.is_sorted_by_key(|trade| trade.timestamp_ms));
    for pair in DEFAULT_PAIRS {
        let ids: Vec<i64> = all.iter().filter(|t| t.pair == pair).map(|t| t.trade_id).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>());
    }
    for trade in &all {
        assert!(trade.price.is_finite() && trade.price > 0.0, "{trade:?}");
        assert!(trade.quantity.is_finite() && trade.quantity > 0.0, "{trade:?}");
    }
    // Prices lie on the pair's ticks.
    let tick = |t: &&Trade| t.pair == "BTC/EUR";
    assert!(all.iter().filter(tick).all(|t| (t.price * 10.0).fract() == 0.0));

    // The clock ticks every simulated second, never past a trade to come.
    let (mut clock, mut clocks) = (i64::MIN, 0);
    for event in &events {
        match event {
            Event::Trade(trade) => assert!(trade.timestamp_ms >= clock),
            Event::Clock(clock_ms) => {
                assert!(*clock_ms >= clock);
                (clock, clocks) = (*clock_ms, clocks + 1);
            }
            Event::End => {}
        }
    }
    let seconds = (all[all.len() - 1].timestamp_ms - all[0].timestamp_ms) / 1000;
    assert!((seconds..=seconds + 2).contains(&clocks), "{clocks} clocks in {seconds} s");
    let last_ms = all[all.len() - 1].timestamp_ms;
    assert_eq!(events[events.len() - 2..], [Event::Clock(last_ms), Event::End]);
}

#[tokio::test]
async fn bursts_quiet_spells_gaps_and_volatility_occur() {
    let all = made_up(&["ETH/EUR"], 5, 60_000).await;
    let begin = all[0].timestamp_ms;
    let seconds = usize::try_from((all[all.len() - 1].timestamp_ms - begin) / 1000 + 1).unwrap();
    let mut per_second = vec![0_u32; seconds];
    for trade in &all {
        per_second[usize::try_from((trade.timestamp_ms - begin) / 1000).unwrap()] += 1;
    }
    let mean = all.len() as f64 / seconds as f64;
    let variance =
        per_second.iter().map(|&n| (f64::from(n) - mean).powi(2)).sum::<f64>() / seconds as f64;
    assert!(variance > 4.0 * mean, "clustered, not Poisson: {variance} around {mean}");
    assert!(per_second.iter().any(|&n| f64::from(n) > 10.0 * mean), "a burst");

    let gaps = all.windows(2).map(|two| two[1].timestamp_ms - two[0].timestamp_ms);
    assert!(gaps.clone().filter(|&gap| gap >= 60_000).count() >= 3, "halts");
    assert!(
        gaps.clone().filter(|&gap| (8_000..60_000).contains(&gap)).count() >= 10,
        "quiet spells"
    );
    assert!(gaps.filter(|&gap| gap == 0).count() > 1_000, "several fills of one order");

    let mut moves: Vec<f64> = all
        .chunks_exact(500)
        .map(|chunk| {
            let prices = || chunk.iter().map(|trade| trade.price);
            prices().fold(0.0, f64::max) / prices().fold(f64::MAX, f64::min) - 1.0
        })
        .collect();
    moves.sort_by(f64::total_cmp);
    assert!(moves[moves.len() - 1] > 3.0 * moves[moves.len() / 2], "{moves:?}");
}

#[tokio::test]
async fn simulated_time_goes_on_where_it_was_left() {
    let all = made_up(&[], 11, 3_000).await;
    for written in [1, 1_500, 3_000] {
        let (rest, result) = collect(market(&[], 11, 3_000), position(&all[..written])).await;
        assert_eq!(result, Ok(()));
        assert!(trades(&rest) == all[written..]);
        assert_eq!(rest.last(), Some(&Event::End));
    }
    let (events, result) = collect(market(&[], 12, 3_000), position(&all[..100])).await;
    assert!(result.unwrap_err().contains("another synthetic market"));
    assert_eq!(events, []);
}

#[tokio::test]
async fn live_it_follows_the_wall_clock_and_goes_on_with_the_ids() {
    let written = made_up(&["BTC/EUR"], 1, 100).await;
    let live = Synthetic::new(&pairs(&["BTC/EUR"]), 1, Speed::Times(1.0), Some(103)).unwrap();
    let now_ms = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let (sender, mut receiver) = mpsc::channel(1);
    let running = tokio::spawn(Box::new(live).run(position(&written), sender));
    let mut ids = Vec::new();
    while let Some(event) = receiver.recv().await {
        if let Event::Trade(trade) = event {
            assert!((now_ms() - trade.timestamp_ms).abs() < 1_000, "{trade:?}");
            ids.push(trade.trade_id);
        }
    }
    assert_eq!(ids, [101, 102, 103]);
    assert!(running.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn faster_than_live_it_is_paced_with_a_clock_a_second() {
    let fast = Synthetic::new(&[], 1, Speed::Times(10.0), Some(2_000)).unwrap();
    let begin = Instant::now();
    let (events, _) = collect(fast, Position::default()).await;
    let all = trades(&events);
    let simulated_ms = all[all.len() - 1].timestamp_ms - all[0].timestamp_ms;
    let took = begin.elapsed().as_millis() as i64;
    assert!((took - simulated_ms / 10).abs() <= 2, "{took} ms for {simulated_ms}");
    let clocks = events.iter().filter(|event| matches!(event, Event::Clock(_))).count() as i64;
    assert!((took / 1000..=took / 1000 + 2).contains(&clocks));
}

#[test]
fn an_unknown_pair_is_refused_with_the_known_ones() {
    let error = Synthetic::new(&pairs(&["BTC/EUR", "FOO/BAR"]), 1, Speed::Max, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown pair FOO/BAR, expected some of BTC/EUR, ETH/EUR, SOL/EUR, XRP/ETH, ADA/BTC, DOGE/EUR"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_seed_makes_a_sound_market(seed in any::<u64>(), start_ms in 0_i64..4_000_000_000_000) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let names = ["BTC/EUR", "ADA/BTC", "DOGE/EUR"];
        let source = market(&names, seed, 2_000).starting_at(start_ms);
        let (events, _) = runtime.block_on(collect(source, Position::default()));
        let all = trades(&events);
        prop_assert_eq!(all.len(), 2_000);
        prop_assert!(all[0].timestamp_ms >= start_ms);
        prop_assert!(all.is_sorted_by_key(|trade| trade.timestamp_ms));
        prop_assert!(all.iter().all(|t| t.price > 0.0 && t.quantity > 0.0 && t.price < 1e6));
    }
}
