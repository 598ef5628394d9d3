//! Expressions as a user writes them: what they compute, how they print, what
//! they say when they are wrong, and their snapshots.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod series;

use indicators::catalog;
use indicators::{
    Bar, DynIndicator, Ema, Expression, Indicator, Ma, MaType, Macd, Obv, Rsi, Sma, Source,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn parse(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    text.parse::<Expression>().expect_err(text).to_string()
}

/// Bars whose fields all differ.
fn bars(closes: &[f64]) -> Vec<Bar> {
    let bar = |close: &f64| Bar::new(close * 0.99, close * 1.02, close * 0.97, *close, close * 7.0);
    closes.iter().map(|close| bar(close).unwrap()).collect()
}

#[test]
fn an_expression_prints_in_one_canonical_form() {
    for (text, canonical) in [
        ("RSI", "rsi(close, 14)"),
        ("rsi(14)", "rsi(close, 14)"),
        (" rsi ( close ,14 ) ", "rsi(close, 14)"),
        ("rsi(period=14)", "rsi(close, 14)"),
        ("rsi(high, time_period=9)", "rsi(high, 9)"),
        ("rsi(14, unstable_period=30)", "rsi(close, 14, unstable_period=30)"),
        ("rsi(unstable_period=30, period=14)", "rsi(close, 14, unstable_period=30)"),
        ("macd(close, fast=12, slow=26, signal=9)", "macd(close, 12, 26, 9)"),
        ("macd(signal=5)", "macd(close, 12, 26, 5)"),
        ("macd(7, 14).signal", "macd(close, 7, 14, 9).signal"),
        ("sma(rsi(close, 14), 9)", "sma(rsi(close, 14), 9)"),
        ("sma(macd().histogram, 9)", "sma(macd(close, 12, 26, 9).histogram, 9)"),
        ("ema(14).real", "ema(close, 14)"),
        ("obv", "obv"),
        ("obv()", "obv"),
        ("obv(close, volume)", "obv"),
        ("obv(hlc3, volume)", "obv(hlc3, volume)"),
        ("ma(20, EMA)", "ma(close, 20, ema)"),
        ("stoch(5, 3, slow_d=3)", "stoch(5, 3, sma, 3, sma)"),
        ("bbands(ma_type=wma)", "bbands(close, 20, 2, 2, wma)"),
        ("HL2", "hl2"),
    ] {
        assert_eq!(parse(text).to_string(), canonical);
        assert_eq!(parse(canonical).to_string(), canonical);
    }
}

#[test]
fn every_indicator_prints_as_the_expression_that_it_is() {
    let closes: Vec<f64> = (0..300).map(|i| 50.0 + f64::from(i * 37 % 23) * 0.1).collect();
    let bars = bars(&closes);
    let mut runner = TestRunner::deterministic();
    for row in catalog::rows() {
        for _ in 0..4 {
            let values = series::arguments(row).new_tree(&mut runner).unwrap().current();
            let mut indicator = row.make(&values).unwrap();
            let text = indicator.to_string();
            let mut expression = parse(&text);
            assert_eq!(expression.lookback(), indicator.lookback(), "{text}");
            for bar in &bars {
                let fields: Vec<f64> = row.inputs.iter().map(|source| source.of(bar)).collect();
                // As text, in which what is no number is the same as itself.
                let expected = format!("{:?}", indicator.update(&fields));
                assert_eq!(format!("{:?}", expression.update(bar)), expected, "{text}");
            }
        }
    }
}

#[test]
fn a_typed_indicator_prints_with_its_arguments_as_they_are_written() {
    assert_eq!(Rsi::new(14).unwrap().to_string(), "rsi(14)");
    assert_eq!(Macd::new(3, 5, 2).unwrap().to_string(), "macd(3, 5, 2)");
    assert_eq!(Ma::new(20, MaType::Ema).unwrap().to_string(), "ma(20, ema)");
    assert_eq!(Obv::new().to_string(), "obv");
    assert_eq!(format!("{:>8}|", Sma::new(3).unwrap()), "  sma(3)|");
    let erased = Box::<dyn DynIndicator>::from(Sma::new(3).unwrap());
    assert_eq!(erased.to_string(), "sma(3)");
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    for (text, message) in [
        ("", "character 1: expected a name or a number, found the end"),
        ("rsi(14", "character 7: expected `,` or `)`, found the end"),
        ("rsi(14) x", "character 9: expected the end, found `x`"),
        ("rsi(1x4)", "character 5: expected a number, found `1x4`"),
        ("rsy(14)", "character 1: unknown name `rsy`, did you mean rsi?"),
        ("sma(clsoe, 3)", "character 5: unknown name `clsoe`, did you mean close?"),
        ("frobnicate", "character 1: unknown name `frobnicate`"),
        ("rsi(1)", "character 1: RSI: time_period is 1, expected a whole number from 2 to 100000"),
        (
            "rsi(14.5)",
            "character 1: RSI: time_period is 14.5, expected a whole number from 2 to 100000",
        ),
        ("sma(3, 4)", "character 1: SMA: 2 parameters given, expected at most 1"),
        (
            "sma(length=3)",
            "character 5: SMA has no parameter `length`, expected one of: time_period",
        ),
        ("sma(3, period=3)", "character 8: the parameter is given twice"),
        ("macd(fast=3, 4)", "character 14: a parameter by position cannot follow one by name"),
        ("sma(3, close)", "character 8: inputs come before parameters"),
        (
            "sma(macd, 3)",
            "character 5: choose one output of MACD, with one of: .macd, .signal, .histogram",
        ),
        (
            "macd.upper",
            "character 1: MACD has no output `upper`, expected one of: macd, signal, histogram",
        ),
        ("obv(close)", "character 1: OBV reads 2 series (close, volume), 1 given"),
        ("close(3)", "character 1: a source takes no arguments"),
        ("14", "character 1: a number alone is no series"),
        ("mavp(9, 5)", "character 1: MAVP: min_period is 9, expected at most max_period, 5"),
        (
            "mavp(2, 15000, ema)",
            "character 1: MAVP: ema is kept up for each period, and those from 2 to 15000 add up \
             to 112507499, expected at most 3000000",
        ),
        ("ma(20, emma)", "character 8: unknown name `emma`, did you mean ema?"),
        ("rsi(close, 14, 9)", "character 1: RSI: 2 parameters given, expected at most 1"),
        ("rsi(14, 9, unstable=3)", "character 1: RSI: 2 parameters given, expected at most 1"),
        ("ma(period=3, 1)", "character 14: a parameter by position cannot follow one by name"),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
    assert!(error(&"sma(".repeat(10_000)).contains("nested more than"));
}

#[test]
fn a_number_for_a_kind_of_moving_average_is_answered_with_the_names() {
    let names =
        "sma, ema, wma, dema, tema, trima, kama, mama, t3, hma, disabled, default, zlema, rma";
    for (text, wrong, meant) in [
        ("ma(20, 1)", "character 8: MA: ma_type is 1", ""),
        ("ma(20, 14)", "character 8: MA: ma_type is 14", ""),
        ("bbands(ma_type=1)", "character 8: BBANDS: ma_type is 1", ""),
        (
            "stoch(5,3,3)",
            "character 11: STOCH: slow_k_ma_type is 3",
            "; did you mean slow_d_period=3?",
        ),
        (
            "macdext(12, 26, 9)",
            "character 13: MACDEXT: fast_ma_type is 26",
            "; did you mean slow_period=26, signal_period=9?",
        ),
        // What follows the kind fits no parameter, or more than there are.
        ("stoch(5, 3, 0)", "character 13: STOCH: slow_k_ma_type is 0", ""),
        ("stoch(5, 3, 1, 3, 1)", "character 13: STOCH: slow_k_ma_type is 1", ""),
        ("stoch(5, 3, 3, slow_d=3)", "character 13: STOCH: slow_k_ma_type is 3", ""),
    ] {
        assert_eq!(error(text), format!("{wrong}, expected one of: {names}{meant}"), "{text}");
    }
}

#[test]
fn a_position_counts_characters() {
    for (spaces, text, at, what) in [
        ("\u{3000}\u{3000}", "sma(foo)", 5, "unknown name `foo`"),
        ("\u{a0}", "rsi(é)", 5, "expected a name or a number, found `é`"),
        ("\u{2003}\u{3000} ", "sma(1x, 2)", 5, "expected a number, found `1x`"),
        ("\u{3000}", "sma(\u{3000}period=0)", 1, "SMA: time_period is 0"),
        ("\u{3000}", "rsi(\u{3000}length=3)", 6, "RSI has no parameter `length`"),
    ] {
        let at = spaces.chars().count() + at;
        let (text, start) = (format!("{spaces}{text}"), format!("character {at}: {what}"));
        assert!(error(&text).starts_with(&start), "{text}: {}", error(&text));
    }
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest_and_another_word_with_none() {
    for row in catalog::rows() {
        let name = row.info.name.to_ascii_lowercase();
        let mistyped = format!("{name}{}", &name[name.len() - 1..]);
        assert!(error(&mistyped).contains(&format!("unknown name `{mistyped}`, did you mean ")));
        assert!(error(&mistyped).contains(&name), "{}", error(&mistyped));
    }
    for (text, near) in [
        ("smaa", "sma"),
        ("ris", "rsi"),
        ("supertrned", "supertrend"),
        ("stohcris", "stochrsi"),
        ("vlume", "volume"),
    ] {
        assert!(
            error(text).ends_with(&format!("`{text}`, did you mean {near}?")),
            "{}",
            error(text)
        );
    }
    for text in ["foo", "price", "average", "stochastic"] {
        assert_eq!(error(text), format!("character 1: unknown name `{text}`"));
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}", calls in "[a-z(),.=0-9 é-]{0,40}") {
        let _ = text.parse::<Expression>();
        let _ = calls.parse::<Expression>();
    }

    #[test]
    fn an_expression_computes_what_the_typed_indicators_do(
        closes in prop::collection::vec(1.0..100.0, 1..120),
    ) {
        let mut nested = parse("sma(rsi(high, 3), 4)");
        let mut histogram = parse("macd(hl2, 3, 5, 2).histogram");
        let mut all = parse("macd(hl2, 3, 5, 2)");
        let (mut rsi, mut sma) = (Rsi::new(3).unwrap(), Sma::new(4).unwrap());
        let mut macd = Macd::new(3, 5, 2).unwrap();
        prop_assert_eq!(nested.lookback(), rsi.lookback() + sma.lookback());
        for bar in bars(&closes) {
            let expected = rsi.update(bar.high()).and_then(|value| sma.update(value));
            prop_assert_eq!(nested.peek(&bar).map(|values| values.to_vec()), expected.map(|value| vec![value]));
            prop_assert_eq!(nested.update(&bar).map(|values| values.to_vec()), expected.map(|value| vec![value]));
            let expected = macd.update((bar.high() + bar.low()) / 2.0);
            let values = histogram.update(&bar).map(|values| values.to_vec());
            prop_assert_eq!(values, expected.map(|output| vec![output.histogram]));
            let values = all.update(&bar).map(|values| values.to_vec());
            prop_assert_eq!(values, expected.map(|output| vec![output.macd, output.signal, output.histogram]));
        }
    }

    #[test]
    fn batch_is_streaming_for_every_nesting(
        closes in prop::collection::vec(prop_oneof![8 => 1.0..100.0, 1 => Just(1e300)], 1..120),
        text in prop::sample::select(vec![
            "close",
            "hlc3",
            "rsi(5)",
            "macd(hl2, 3, 5, 2)",
            "macd(hl2, 3, 5, 2).signal",
            "sma(macd(rsi(high, 3), 3, 5, 2).histogram, 4)",
            "obv(sma(close, 3), volume)",
            "bbands(wma(trange, 3), 5, 2, 2, ema)",
        ]),
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut batch, mut streaming) = (parse(text), parse(text));
        let bars = bars(&closes);
        // Two batches, one after the other, are one.
        for bars in [&bars[..cut.index(closes.len())], &bars[cut.index(closes.len())..]] {
            let mut outputs = vec![vec![0.0; bars.len()]; batch.fields().len()];
            let mut filled: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
            batch.batch(bars, &mut filled).unwrap();
            for (t, bar) in bars.iter().enumerate() {
                let values = streaming.update(bar);
                for (i, output) in outputs.iter().enumerate() {
                    let expected = values.map_or(f64::NAN, |values| values[i]);
                    let same = output[t].to_bits() == expected.to_bits();
                    prop_assert!(same || output[t].is_nan() && expected.is_nan(), "bar {}", t);
                }
            }
        }
        prop_assert_eq!(batch.snapshot().unwrap(), streaming.snapshot().unwrap());
    }

    #[test]
    fn a_snapshot_anywhere_goes_on_as_if_never_stopped(
        closes in prop::collection::vec(1.0..100.0, 1..120),
        stop in any::<prop::sample::Index>(),
    ) {
        let text = "macd(sma(rsi(close, 3), 4), 3, 5, 2)";
        let (mut uninterrupted, mut restored) = (parse(text), parse(text));
        let stop = stop.index(closes.len());
        for (t, bar) in bars(&closes).iter().enumerate() {
            if t == stop {
                restored.restore(&uninterrupted.snapshot().unwrap()).unwrap();
                let json = serde_json::to_string(&uninterrupted).unwrap();
                let other: Expression = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(other.peek(bar), uninterrupted.peek(bar));
            }
            let values = uninterrupted.update(bar);
            if t >= stop {
                prop_assert_eq!(values, restored.update(bar));
            }
        }
    }

    #[test]
    fn a_typed_indicator_goes_through_json(
        closes in prop::collection::vec(1e-8..1e12, 2..120),
        stop in any::<prop::sample::Index>(),
    ) {
        let (mut ema, mut macd) = (Ema::new(5).unwrap(), Macd::new(3, 5, 2).unwrap());
        let stop = stop.index(closes.len());
        for (t, close) in closes.iter().enumerate() {
            if t == stop {
                ema = serde_json::from_str(&serde_json::to_string(&ema).unwrap()).unwrap();
                let json = serde_json::to_string(&macd).unwrap();
                let mut copy: Macd = serde_json::from_str(&json).unwrap();
                prop_assert_eq!(copy.update(*close), macd.peek(*close));
            }
            ema.update(*close);
            macd.update(*close);
        }
        let mut fresh = Ema::new(5).unwrap();
        closes.iter().for_each(|close| { fresh.update(*close); });
        prop_assert_eq!(fresh.peek(1.0), ema.peek(1.0));
    }
}

#[test]
fn batch_columns_that_do_not_fit_are_refused() {
    let mut macd = parse("macd");
    let error = macd.batch(&bars(&[1.0, 2.0]), &mut [&mut [0.0; 2], &mut [0.0; 3]]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "columns of [2] rows in and [2, 3] rows out, expected 1 in and 3 out, all of one length"
    );
    assert_eq!(macd.snapshot().unwrap(), parse("macd").snapshot().unwrap());
}

#[test]
fn an_expression_knows_what_it_reads() {
    for (text, sources) in [
        ("close", vec![Source::Close]),
        ("sma(rsi(close, 14), 9)", vec![Source::Close]),
        ("obv(hl2, volume)", vec![Source::Volume, Source::Hl2]),
        ("atr(14)", vec![Source::High, Source::Low, Source::Close]),
    ] {
        assert_eq!(parse(text).sources(), sources, "{text}");
    }
}

#[test]
fn a_snapshot_of_something_else_is_refused_with_both_names() {
    let snapshot = parse("sma(3)").snapshot().unwrap();
    assert_eq!(
        parse("sma(4)").restore(&snapshot).unwrap_err().to_string(),
        "the snapshot is of `sma(close, 3)`, expected `sma(close, 4)`"
    );
    let mut later = snapshot.clone();
    later[0] = 5;
    assert_eq!(
        parse("sma(3)").restore(&later).unwrap_err().to_string(),
        "the snapshot has format version 5, expected 4"
    );
    assert!(parse("sma(3)").restore(&snapshot[..snapshot.len() - 1]).is_err());
    assert!(parse("sma(3)").restore(&[]).is_err());
}

#[test]
fn a_state_with_parameters_out_of_range_is_refused() {
    let json = serde_json::to_string(&Sma::new(3).unwrap()).unwrap();
    let damaged = json.replace("\"values\":[3.0]", "\"values\":[0.0]");
    assert_ne!(json, damaged);
    assert!(serde_json::from_str::<Sma>(&damaged).is_err());
}

#[test]
fn an_unstable_period_holds_values_back_and_changes_none() {
    let closes: Vec<f64> = (1..60).map(|i| f64::from(i * 37 % 23 + 1)).collect();
    let (mut plain, mut held) = (parse("rsi(5)"), parse("rsi(5, unstable_period=20)"));
    assert_eq!(held.lookback(), plain.lookback() + 20);
    for (t, bar) in bars(&closes).iter().enumerate() {
        let values = plain.update(bar);
        assert_eq!(held.update(bar), values.filter(|_| t >= held.lookback()));
    }
    assert!(Rsi::new(5).unwrap().with_unstable_period(100_001).is_err());
    assert!(Sma::new(5).unwrap().with_unstable_period(1).is_err());
}
