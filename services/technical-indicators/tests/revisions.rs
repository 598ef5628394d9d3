//! The list of indicators changes between two runs: what stays goes on as if it
//! had not, and what is new begins with the candles that were kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use indicators::{Bar, Expression};
use pipeline::message::Candle;
use pipeline::{Keyed, Outbox, Processor, Record};
use proptest::prelude::*;
use technical_indicators::{IndicatorList, State, Step};

const POOL: [&str; 10] = [
    "sma(close, 5)",
    "ema(close, 9)",
    "rsi(close, 7)",
    "obv",
    "atr(4)",
    "macd(close, 3, 6, 4).histogram",
    "sma(rsi(close, 3), 4)",
    "ad",
    "wma(hl2, 6)",
    "max(high, 8)",
];

fn step(list: &[&str], warm_up: usize) -> Step {
    let lines = list.iter().enumerate();
    let yaml: String =
        lines.map(|(i, expr)| format!("- {{ name: x{i}, expr: '{expr}' }}\n")).collect();
    Step::new(IndicatorList::parse("test", &yaml).unwrap(), warm_up)
}

fn candle((open, up, down, at, volume): (f64, f64, f64, f64, f64)) -> Candle {
    let (high, low) = (open + up, open - down);
    Candle {
        pair: "A/B".to_owned(),
        open,
        high,
        low,
        close: low + at * (high - low),
        volume,
        trades: 1,
        window_start_ms: 0,
        window_end_ms: 60_000,
        candle_seconds: 60,
        closed: true,
    }
}

fn candles(most: usize) -> impl Strategy<Value = Vec<Candle>> {
    let fields = (50.0..100.0, 0.0..10.0, 0.0..10.0, 0.0..1.0, 0.0..1e6);
    prop::collection::vec(fields.prop_map(candle), 1..most)
}

fn bar(candle: &Candle) -> Bar {
    Bar::new(candle.open, candle.high, candle.low, candle.close, candle.volume).unwrap()
}

fn take(step: &mut Step, state: &mut Keyed<State>, candle: &Candle) -> Vec<Option<f64>> {
    let record = Record { source: "", timestamp_ms: 7, written_ms: None, partition: 0, offset: 0 };
    let mut out = Outbox::default();
    step.process(candle.clone(), &record, state, &mut out).unwrap();
    out.take_outputs().next().unwrap().0.values.values
}

/// What a process that starts now finds in the changelog.
fn kept(step: &mut Step, state: &Keyed<State>) -> Keyed<State> {
    let bytes = postcard::to_stdvec(state.get()).unwrap();
    let mut state = postcard::from_bytes(&bytes).unwrap();
    step.restored("A/B", &mut state).unwrap();
    Keyed::new(state)
}

fn bits(value: Option<f64>) -> Option<u64> {
    value.map(f64::to_bits)
}

proptest! {
    #[test]
    fn after_a_change_what_stays_goes_on_and_what_is_new_begins_with_the_kept_candles(
        before in prop::sample::subsequence(POOL.to_vec(), 1..POOL.len()).prop_shuffle(),
        after in prop::sample::subsequence(POOL.to_vec(), 1..POOL.len()).prop_shuffle(),
        warm_up in 0usize..40,
        past in candles(60),
        future in candles(30),
    ) {
        let mut first = step(&before, warm_up);
        let mut state = Keyed::new(State::default());
        for candle in &past {
            take(&mut first, &mut state, candle);
        }
        let mut second = step(&after, warm_up);
        let mut state = kept(&mut second, &state);

        let mut expected: Vec<Expression> = after.iter().map(|e| e.parse().unwrap()).collect();
        for (expression, text) in expected.iter_mut().zip(&after) {
            let from = if before.contains(text) { 0 } else { past.len().saturating_sub(warm_up) };
            for candle in &past[from..] {
                expression.update(&bar(candle));
            }
        }
        for (index, candle) in future.iter().enumerate() {
            if index % 7 == 3 {
                // A restart without a change in between.
                state = kept(&mut second, &state);
            }
            let forming = Candle { closed: false, ..candle.clone() };
            let peeked = take(&mut second, &mut state, &forming);
            let found = take(&mut second, &mut state, candle);
            for ((found, peeked), expression) in found.iter().zip(&peeked).zip(&mut expected) {
                let expected = expression.update(&bar(candle)).map(|values| values[0]);
                prop_assert_eq!(bits(*found), bits(expected), "{}", expression);
                prop_assert_eq!(bits(*peeked), bits(expected), "{}", expression);
            }
        }
    }

    /// The bytes of an uninterrupted run, message for message.
    #[test]
    fn a_list_that_does_not_change_leaves_no_trace(all in candles(60), stop in 0usize..60) {
        let mut step = step(&POOL, 20);
        let (mut whole, mut parts) = (Keyed::new(State::default()), Keyed::new(State::default()));
        for (index, candle) in all.iter().enumerate() {
            if index == stop {
                parts = kept(&mut step, &parts);
            }
            let whole = take(&mut step, &mut whole, candle);
            let parts = take(&mut step, &mut parts, candle);
            prop_assert_eq!(
                whole.into_iter().map(bits).collect::<Vec<_>>(),
                parts.into_iter().map(bits).collect::<Vec<_>>()
            );
        }
    }
}

#[test]
fn a_new_indicator_has_a_value_at_once_where_enough_candles_are_kept() {
    for (warm_up, expected) in [(0, None), (1, None), (2, Some(4.0)), (50, Some(4.0))] {
        let mut before = step(&["obv"], warm_up);
        let mut state = Keyed::new(State::default());
        for close in [1.0, 2.0, 4.0] {
            take(&mut before, &mut state, &candle((close, 0.0, 0.0, 0.0, 1.0)));
        }
        let mut after = step(&["sma(close, 3)"], warm_up);
        let mut state = kept(&mut after, &state);
        let found = take(&mut after, &mut state, &candle((6.0, 0.0, 0.0, 0.0, 1.0)));
        assert_eq!(found, [expected], "{warm_up} kept");
    }
}

#[test]
fn no_more_candles_are_kept_than_asked_for() {
    let size = |warm_up, count| {
        let mut step = step(&["obv"], warm_up);
        let mut state = Keyed::new(State::default());
        for _ in 0..count {
            take(&mut step, &mut state, &candle((1.0, 0.0, 0.0, 0.0, 1.0)));
        }
        let state = kept(&mut self::step(&["obv"], warm_up), &state);
        postcard::to_stdvec(state.get()).unwrap().len()
    };
    assert_eq!(size(100, 100), size(100, 500));
    assert_eq!(size(100, 100), size(0, 100) + 4_000);
}
