//! The shadow check: a share of the pairs is computed a second time, with the
//! TA-Lib C library, and the worst difference is a metric.
//!
//! Which pairs is decided by a hash of their names, the same in every process.
//! The C library computes over a whole series, and what an indicator gives may
//! depend on all of it. So for each sampled pair and candle length two fresh
//! copies of the list begin at the same closed candle, one of this crate's
//! indicators and one of the library's; after `SHADOW_CANDLES` both begin anew,
//! which bounds memory and time. At each closed candle are compared:
//!
//! - `of="indicators"`: the fresh copy of this crate's indicators, with the
//!   library's. This is always like with like.
//! - `of="output"`: the value that was sent, with the library's. This is done
//!   where the sent value can be compared: always, if the pair's state began
//!   together with the copies; else for the expressions that forget, once the
//!   copies have seen more candles than the lookback. Whether one forgets (a
//!   moving average over a window does, an exponential one does not) is tried
//!   out at the start.
//!
//! A difference is relative to the largest value that the output has had since
//! the copies began. A value where the other has none counts as infinite.

use crate::list::{IndicatorList, ListError};
use indicators::{Bar, Expression, Values, talib};
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Differences from here on are worth a line in the log.
const TOLERANCE: f64 = 1e-9;
/// Time between two such lines.
const QUIET: Duration = Duration::from_secs(10);

/// How much is checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShadowSettings {
    /// The share of pairs, 0 to 1.
    pub share: f64,
    /// Closed candles after which a comparison begins anew.
    pub candles: usize,
}

/// Compares a share of the outputs with the C library.
#[derive(Debug)]
pub struct Shadow {
    settings: ShadowSettings,
    listed: Vec<Listed>,
    twins: BTreeMap<(String, u32), Twins>,
    indicators: Meter,
    output: Meter,
    told: Option<Instant>,
}

/// An expression of the list, before its first candle.
#[derive(Debug)]
struct Listed {
    own: Expression,
    library: Expression,
    /// Whether the values depend on no more candles than the lookback says.
    forgets: bool,
}

/// The fresh copies of one pair and length.
#[derive(Debug)]
struct Twins {
    own: Vec<Expression>,
    library: Vec<Expression>,
    /// Whether the state that is checked began with the copies.
    from_start: bool,
    seen: usize,
    /// The largest value of each output.
    scales: Vec<f64>,
}

#[derive(Debug)]
struct Meter {
    of: &'static str,
    worst: f64,
    /// From the first comparison on: what is set up before the process has its
    /// recorder of metrics would never be shown.
    shown: Option<(Gauge, Counter)>,
}

impl Meter {
    fn new(of: &'static str) -> Self {
        Self { of, worst: 0.0, shown: None }
    }

    fn note(&mut self, difference: f64) {
        let (worst, comparisons) = self.shown.get_or_insert_with(|| show(self.of));
        comparisons.increment(1);
        if difference > self.worst {
            self.worst = difference;
            worst.set(difference);
        }
    }
}

fn show(of: &'static str) -> (Gauge, Counter) {
    describe_gauge!(
        "shadow_worst_difference",
        "The largest relative difference from the TA-Lib C library so far"
    );
    describe_counter!("shadow_comparisons_total", "Values compared with the TA-Lib C library");
    let worst = gauge!("shadow_worst_difference", "of" => of);
    worst.set(0.0);
    (worst, counter!("shadow_comparisons_total", "of" => of))
}

impl Shadow {
    /// A check of this list.
    ///
    /// # Errors
    /// When the linked library cannot compute one of the expressions.
    pub fn new(list: &IndicatorList, settings: ShadowSettings) -> Result<Self, ListError> {
        let mut listed = Vec::new();
        for (entry, own) in (1..).zip(list.expressions()) {
            let expr = own.to_string();
            let library = Expression::with_catalog(&expr, talib::rows()).map_err(|error| {
                let origin = format!("the shadow check with TA-Lib {}", talib::version());
                ListError::Expression { origin, entry, expr, error: Box::new(error) }
            })?;
            listed.push(Listed { forgets: forgets(own), own: own.clone(), library });
        }
        Ok(Self {
            settings,
            listed,
            twins: BTreeMap::new(),
            indicators: Meter::new("indicators"),
            output: Meter::new("output"),
            told: None,
        })
    }

    /// Whether a pair is one of the share.
    pub fn has(&self, pair: &str) -> bool {
        // FNV-1a: the same on every platform and in every version.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in pair.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        // The low bits of short names differ more than the high ones.
        let place = (hash ^ (hash >> 32)) as u32;
        f64::from(place) < self.settings.share * (f64::from(u32::MAX) + 1.0)
    }

    /// Takes a closed candle of a pair that [`has`](Self::has) told of, and the
    /// values that are sent for it. `from_start`: the pair's state began with it.
    pub fn check(
        &mut self,
        pair: &str,
        seconds: u32,
        bar: &Bar,
        sent: &[Option<f64>],
        from_start: bool,
    ) {
        let key = (pair.to_owned(), seconds);
        let over = |twins: &Twins| twins.seen >= self.settings.candles;
        if from_start || self.twins.get(&key).is_none_or(over) {
            self.twins.insert(key.clone(), Twins::new(&self.listed, from_start));
        }
        let Some(twins) = self.twins.get_mut(&key) else { return };
        twins.seen += 1;
        let mut worst: Option<(f64, String)> = None;
        let mut place = 0;
        for (index, listed) in self.listed.iter().enumerate() {
            let (Some(own), Some(library)) =
                (twins.own.get_mut(index), twins.library.get_mut(index))
            else {
                continue;
            };
            let (own, library) = (own.update(bar), library.update(bar));
            let comparable =
                twins.from_start || listed.forgets && twins.seen > listed.own.lookback();
            for output in 0..listed.own.fields().len() {
                let of = |values: &Option<Values>| values.as_ref()?.get(output).copied();
                let (own, library) = (of(&own), of(&library));
                let sent = sent.get(place).copied().flatten();
                if let (Some(scale), Some(value)) = (twins.scales.get_mut(place), library) {
                    *scale = scale.max(value.abs());
                }
                let scale = twins.scales.get(place).copied().unwrap_or_default();
                place += 1;
                let mut largest = difference(own, library, scale);
                self.indicators.note(largest);
                if comparable {
                    let sent = difference(sent, library, scale);
                    self.output.note(sent);
                    largest = largest.max(sent);
                }
                if largest > TOLERANCE && worst.as_ref().is_none_or(|(worst, _)| largest > *worst) {
                    worst = Some((largest, listed.own.to_string()));
                }
            }
        }
        if let Some((difference, expression)) = worst
            && self.told.is_none_or(|told| told.elapsed() >= QUIET)
        {
            self.told = Some(Instant::now());
            tracing::error!(
                pair,
                seconds,
                difference,
                "`{expression}` is not what TA-Lib {} says",
                talib::version()
            );
        }
    }

    /// The pair's state has been read back: what follows may not follow on what
    /// the copies have seen.
    pub fn forget(&mut self, pair: &str) {
        self.twins.retain(|(name, _), _| name != pair);
    }

    /// The worst differences so far: of the indicators, and of what was sent.
    pub fn worst(&self) -> (f64, f64) {
        (self.indicators.worst, self.output.worst)
    }
}

impl Twins {
    fn new(listed: &[Listed], from_start: bool) -> Self {
        let outputs = listed.iter().map(|listed| listed.own.fields().len()).sum();
        Self {
            own: listed.iter().map(|listed| listed.own.clone()).collect(),
            library: listed.iter().map(|listed| listed.library.clone()).collect(),
            from_start,
            seen: 0,
            scales: vec![0.0; outputs],
        }
    }
}

/// How far a value is from the library's, relative to a scale.
fn difference(value: Option<f64>, library: Option<f64>, scale: f64) -> f64 {
    match (value, library) {
        (None, None) => 0.0,
        (Some(value), Some(library)) if value == library => 0.0,
        (Some(value), Some(library)) => {
            let difference = (value - library).abs() / scale.max(value.abs());
            // Of no number there is no difference.
            if difference.is_nan() { f64::INFINITY } else { difference }
        }
        _ => f64::INFINITY,
    }
}

/// Whether an expression's values are the same whatever came before the candles
/// of its lookback: two copies, one with a past, are run over the same candles.
fn forgets(expression: &Expression) -> bool {
    let mut random = 42_u64;
    let mut bars = std::iter::from_fn(move || {
        let mut next = || {
            // Knuth's MMIX generator; its high bits.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 40) as f64 / (1_u64 << 24) as f64
        };
        let (open, close) = (100.0 + next(), 100.0 + next());
        Bar::new(open, open.max(close) + next(), open.min(close) - next(), close, 1.0 + next()).ok()
    });
    let (mut fresh, mut old) = (expression.clone(), expression.clone());
    for bar in bars.by_ref().take(200) {
        old.update(&bar);
    }
    let mut same = true;
    for bar in bars.take(expression.lookback() + 50) {
        if let (Some(fresh), Some(old)) = (fresh.update(&bar), old.update(&bar)) {
            let pairs = fresh.iter().zip(old.iter());
            same &= pairs.into_iter().all(|(a, b)| (a - b).abs() <= TOLERANCE * a.abs().max(1.0));
        }
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_expressions_forget_is_found_out() {
        for (expr, expected) in [
            ("sma(close, 7)", true),
            ("wma(close, 60)", true),
            ("max(high, 5)", true),
            ("willr(14)", true),
            ("ema(close, 3)", false),
            ("rsi(close, 14)", false),
            ("macd(close, 12, 26, 9)", false),
            ("obv", false),
            ("sma(ema(close, 3), 4)", false),
        ] {
            assert_eq!(forgets(&expr.parse().unwrap()), expected, "{expr}");
        }
    }
}
