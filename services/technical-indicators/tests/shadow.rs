//! The shadow check against the linked TA-Lib C library: silent while the values
//! are right, and not when one is wrong.
#![cfg(feature = "talib")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use pipeline::message::Candle;
use pipeline::{Health, Keyed, Outbox, Processor, Record};
use std::io::{Read, Write};
use std::net::TcpStream;
use technical_indicators::{IndicatorList, Shadow, ShadowSettings, State, Step};

fn settings(share: f64, candles: usize) -> ShadowSettings {
    ShadowSettings { share, candles }
}

/// The built-in list, all of it checked.
fn checked(candles: usize) -> Step {
    let list = IndicatorList::load(None).unwrap();
    let shadow = Shadow::new(&list, settings(1.0, candles)).unwrap();
    Step::new(list, 0).with_shadow(Some(shadow))
}

fn candle(pair: &str, index: u32) -> Candle {
    let at = |step: u32| 100.0 + f64::from((index * 7919 + step * 104_729) % 1009) / 37.0;
    let prices = [at(0), at(1), at(2), at(3)];
    Candle {
        pair: pair.to_owned(),
        open: prices[0],
        high: prices.into_iter().fold(f64::MIN, f64::max),
        low: prices.into_iter().fold(f64::MAX, f64::min),
        close: prices[3],
        volume: at(4),
        trades: 1,
        window_start_ms: 0,
        window_end_ms: 60_000,
        candle_seconds: 60,
        closed: true,
    }
}

fn take(step: &mut Step, state: &mut Keyed<State>, candle: Candle) {
    let record = Record { source: "", timestamp_ms: 7, written_ms: None, partition: 0, offset: 0 };
    step.process(candle, &record, state, &mut Outbox::default()).unwrap();
}

fn worst(step: &Step) -> (f64, f64) {
    step.shadow().unwrap().worst()
}

/// A state as a restarted process finds it.
fn kept(step: &mut Step, state: &Keyed<State>) -> Keyed<State> {
    let bytes = postcard::to_stdvec(state.get()).unwrap();
    let mut state = postcard::from_bytes(&bytes).unwrap();
    step.restored("A/B", &mut state).unwrap();
    Keyed::new(state)
}

#[test]
fn the_built_in_list_is_what_the_library_says() {
    let mut step = checked(150);
    let mut state = Keyed::new(State::default());
    for index in 0..400 {
        if index == 200 {
            state = kept(&mut step, &state);
        }
        take(&mut step, &mut state, candle("A/B", index));
    }
    let (indicators, output) = worst(&step);
    assert!(indicators <= 1e-12 && output <= 1e-12, "{indicators} {output}");
}

#[test]
fn a_state_that_has_missed_a_candle_is_caught() {
    // With every candle nothing is wrong; without one the recursive indicators are.
    for (left_out, is_wrong) in [(None, false), (Some(30), true)] {
        let (mut step, mut state) = (checked(500), Keyed::new(State::default()));
        let (mut other, mut wrong) = (checked(500), Keyed::new(State::default()));
        for index in 0..100 {
            take(&mut step, &mut state, candle("A/B", index));
            if left_out != Some(index) {
                take(&mut other, &mut wrong, candle("A/B", index));
            }
            if index == 60 {
                // Swapped behind the check's back, as a fault would.
                let bytes = postcard::to_stdvec(wrong.get()).unwrap();
                state = Keyed::new(postcard::from_bytes(&bytes).unwrap());
            }
        }
        let (indicators, output) = worst(&step);
        assert!(indicators <= 1e-12, "they are right, the state is not: {indicators}");
        assert_eq!(output > 1e-6, is_wrong, "{output}");
    }
}

#[test]
fn a_wrong_value_is_caught_though_the_pair_began_elsewhere() {
    // The averages forget, so they can be compared after a restart too: here the
    // state is of another pair, until the window has passed.
    let yaml = "- { name: a, expr: 'sma(close, 5)' }\n- { name: b, expr: obv }";
    let list = IndicatorList::parse("test", yaml).unwrap();
    let shadow = Shadow::new(&list, settings(1.0, 500)).unwrap();
    let checks = |values: [f64; 2]| {
        let mut shadow = Shadow::new(&list, settings(1.0, 500)).unwrap();
        for index in 0..8 {
            let Candle { open, high, low, close, volume, .. } = candle("A/B", index);
            let bar = indicators::Bar::new(open, high, low, close, volume).unwrap();
            let closes = (0..5).map(|back| candle("A/B", index.saturating_sub(back)).close);
            let mean = closes.sum::<f64>() / 5.0;
            let sent = [Some(mean + values[0]), Some(values[1])];
            shadow.check("A/B", 60, &bar, &sent, false);
        }
        shadow.worst().1
    };
    assert!(checks([0.0, 123.0]) <= 1e-12, "the sum of volumes cannot be compared");
    assert!((1e-5..1e-3).contains(&checks([0.01, 123.0])), "an average that is off by 0.01");
    assert!(shadow.has("A/B"));
}

#[test]
fn the_share_is_a_share_of_the_pairs_and_the_same_ones_always() {
    let list = IndicatorList::load(None).unwrap();
    let shadow = |share| Shadow::new(&list, settings(share, 10)).unwrap();
    let pairs: Vec<String> = (0..10_000).map(|n| format!("C{n}/EUR")).collect();
    let sampled = |share| {
        let shadow = shadow(share);
        pairs.iter().filter(|pair| shadow.has(pair)).collect::<Vec<_>>()
    };
    assert_eq!(sampled(0.0).len(), 0);
    assert_eq!(sampled(1.0).len(), pairs.len());
    let tenth = sampled(0.1);
    assert!((800..1_200).contains(&tenth.len()), "{}", tenth.len());
    assert_eq!(tenth, sampled(0.1));
    let fifth = sampled(0.2);
    assert!(tenth.iter().all(|pair| fifth.contains(pair)));
}

#[test]
fn what_was_compared_is_shown_as_metrics() {
    // Set up before the server, as by the program.
    let mut step = checked(50);
    let address = pipeline::http::serve("127.0.0.1:0".parse().unwrap(), &Health::new()).unwrap();
    let mut state = Keyed::new(State::default());
    for index in 0..3 {
        take(&mut step, &mut state, candle("A/B", index));
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
    let mut shown = String::new();
    stream.read_to_string(&mut shown).unwrap();
    for of in ["indicators", "output"] {
        assert!(shown.contains(&format!("shadow_worst_difference{{of=\"{of}\"}}")), "{shown}");
        let counter = format!("shadow_comparisons_total{{of=\"{of}\"}} ");
        let count = shown.lines().find_map(|line| line.strip_prefix(&counter));
        assert!(count.unwrap().parse::<u64>().unwrap() >= 3 * 16, "{shown}");
    }
}
