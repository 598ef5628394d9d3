//! The messages that are put on the input topics before anything is measured:
//! a tape of trades, and each of them as a closed candle of its own. The same
//! tape every time.

use std::time::{SystemTime, UNIX_EPOCH};

use pipeline::message::{Candle, Trade};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Event time between two trades.
const STEP_MS: i64 = 10;
/// Length of the candles that stand for trades.
const CANDLE_SECONDS: u32 = 60;

/// Now, in milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// The name of a pair.
pub(crate) fn pair(number: usize) -> String {
    format!("SYM{number:04}")
}

/// So many trades of so many pairs at random, the last one about now: prices to
/// four decimals on a random walk, whole quantities, no side.
pub(crate) fn trades(count: usize, pairs: usize) -> impl Iterator<Item = Trade> {
    let mut random = SmallRng::seed_from_u64(7);
    let mut prices: Vec<f64> = (0..pairs).map(|number| 100.0 + number as f64).collect();
    let span_ms = count as i64 * STEP_MS;
    let start_ms = (now_ms() - span_ms - 60_000).div_euclid(60_000) * 60_000;
    (0..count as i64).map(move |number| {
        let which = random.random_range(0..pairs);
        let mut price = 100.0;
        if let Some(walk) = prices.get_mut(which) {
            *walk = (*walk * (1.0 + random.random_range(-1e-3..1e-3))).max(1.0);
            price = (*walk * 10_000.0).round() / 10_000.0;
        }
        Trade {
            pair: pair(which),
            price,
            quantity: f64::from(random.random_range(1_u8..100)),
            side: None,
            timestamp_ms: start_ms + number * STEP_MS,
            trade_id: number,
        }
    })
}

/// The candle, closed, in which a trade is the only one, as `number`th of its pair.
pub(crate) fn candle_of(trade: &Trade, number: i64) -> Candle {
    let length_ms = i64::from(CANDLE_SECONDS) * 1000;
    let window_start_ms = 1_700_000_040_000 + number * length_ms;
    Candle {
        pair: trade.pair.clone(),
        open: trade.price,
        high: trade.price,
        low: trade.price,
        close: trade.price,
        volume: trade.quantity,
        trades: 1,
        window_start_ms,
        window_end_ms: window_start_ms + length_ms,
        candle_seconds: CANDLE_SECONDS,
        closed: true,
    }
}
