//! How a made-up pair trades: when (steady, in bursts, rarely, not at all), at
//! which price (a random walk whose volatility changes), how much. The figures
//! are invented to look like a market and to be hard on what reads them.

use std::collections::BTreeMap;

use pipeline::message::{Side, Trade};
use rand::{Rng, SeedableRng};
// Unlike `StdRng`, its stream stays the same from version to version.
use rand_chacha::ChaCha8Rng;

use crate::pair::Pair;

/// What is invented for one pair.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) pair: &'static str,
    /// Where the price starts and is drawn back to.
    price: f64,
    ticks_per_unit: f64,
    lots_per_unit: f64,
    /// Typical quantity of a trade, in the base currency.
    quantity: f64,
    /// Trades per second, when steady.
    rate: f64,
    /// Standard deviation of the log price after one second.
    volatility: f64,
}

/// All known pairs. A pair's place seeds its randomness: append only.
pub(super) static LISTINGS: [Listing; 6] = [
    listing("BTC/EUR", 90_000.0, 1e1, 1e8, 0.02, 2.0, 8e-5),
    listing("ETH/EUR", 3_000.0, 1e2, 1e8, 0.4, 1.2, 1.1e-4),
    listing("SOL/EUR", 150.0, 1e2, 1e6, 5.0, 0.7, 1.6e-4),
    listing("XRP/ETH", 0.000_14, 1e8, 1e1, 400.0, 0.1, 2e-4),
    listing("ADA/BTC", 0.000_005_2, 1e9, 1e2, 900.0, 0.05, 2e-4),
    listing("DOGE/EUR", 0.17, 1e5, 1e0, 1_500.0, 0.5, 2.2e-4),
];

const fn listing(
    pair: &'static str,
    price: f64,
    ticks_per_unit: f64,
    lots_per_unit: f64,
    quantity: f64,
    rate: f64,
    volatility: f64,
) -> Listing {
    Listing { pair, price, ticks_per_unit, lots_per_unit, quantity, rate, volatility }
}

/// A state that lasts for a while: a factor, and when it ends, in seconds.
#[derive(Clone, Copy, Debug)]
struct Phase {
    factor: f64,
    end: f64,
}

/// One pair's trades, endless, in the order of time.
#[derive(Debug)]
struct PairMarket {
    listing: &'static Listing,
    rng: ChaCha8Rng,
    start_ms: i64,
    /// Seconds since the start.
    now: f64,
    activity: Phase,
    turbulence: Phase,
    /// Natural logarithm of the price over the listing's.
    drift: f64,
    /// Fills that are left of an order that takes several levels of the book.
    sweep: u32,
    side: Side,
    ticks: f64,
    last_id: i64,
}

impl PairMarket {
    fn new(listing: &'static Listing, place: u64, seed: u64, start_ms: i64, last_id: i64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(place);
        Self {
            listing,
            rng,
            start_ms,
            now: 0.0,
            activity: Phase { factor: 1.0, end: 20.0 },
            turbulence: Phase { factor: 1.0, end: 60.0 },
            drift: 0.0,
            sweep: 0,
            side: Side::Buy,
            ticks: 0.0,
            last_id,
        }
    }

    fn next_trade(&mut self) -> Trade {
        if self.sweep > 0 {
            self.sweep -= 1;
            let levels = f64::from(self.rng.random_range(0..3u8));
            self.ticks = match self.side {
                Side::Buy => self.ticks + levels,
                Side::Sell => (self.ticks - levels).max(1.0),
            };
        } else {
            self.next_order();
        }
        self.last_id += 1;
        let listing = self.listing;
        // Many small, few large ones: the exponential of a normal.
        let lots = (listing.quantity * (1.2 * self.normal()).exp() * listing.lots_per_unit).round();
        Trade {
            pair: listing.pair.to_owned(),
            price: self.ticks / listing.ticks_per_unit,
            quantity: lots.max(1.0) / listing.lots_per_unit,
            side: Some(self.side),
            timestamp_ms: self.start_ms + (self.now * 1e3) as i64,
            trade_id: self.last_id,
        }
    }

    /// The next order to arrive: its time, its side, its first price.
    fn next_order(&mut self) {
        let before = self.now;
        self.advance();
        let seconds = self.now - before;
        while self.now >= self.turbulence.end {
            self.turbulence.factor = pick(&mut self.rng, &[(0.4, 0.4), (0.45, 1.0), (0.15, 4.0)]);
            self.turbulence.end += self.exponential(300.0);
        }
        let deviation = self.listing.volatility * self.turbulence.factor * seconds.sqrt();
        // Drawn back over days, so that no run, however long, leaves the range.
        let pull = (seconds / (5.0 * 86_400.0)).min(1.0);
        self.drift += deviation * self.normal() - self.drift * pull;
        self.drift = self.drift.clamp(-2.0, 2.0);

        // A side tends to persist, and pays half the spread.
        if self.rng.random_bool(0.35) {
            self.side = match self.side {
                Side::Buy => Side::Sell,
                Side::Sell => Side::Buy,
            };
        }
        let middle = self.listing.price * self.drift.exp() * self.listing.ticks_per_unit;
        let half_spread = 1.0 + middle * 2e-5;
        self.ticks = match self.side {
            Side::Buy => middle + half_spread,
            Side::Sell => middle - half_spread,
        };
        self.ticks = self.ticks.round().max(1.0);
        if self.rng.random_bool(0.12) {
            self.sweep = self.rng.random_range(1..6);
        }
    }

    /// Moves time to the next order: a Poisson process whose rate changes.
    fn advance(&mut self) {
        loop {
            let rate = self.listing.rate * self.activity.factor;
            if rate > 0.0 {
                let next = self.now + self.exponential(1.0 / rate);
                if next < self.activity.end {
                    self.now = next;
                    return;
                }
            }
            // The process has no memory, so it may start anew at each change.
            self.now = self.activity.end;
            let (factor, seconds) = pick(
                &mut self.rng,
                &[
                    (0.55, (1.0, 120.0)),
                    (0.25, (25.0, 6.0)),
                    (0.15, (0.1, 90.0)),
                    (0.05, (0.0, 120.0)),
                ],
            );
            let mut lasts = self.exponential(seconds);
            if factor == 0.0 {
                // A halt shows as a minute without a candle.
                lasts += 60.0;
            }
            self.activity = Phase { factor, end: self.now + lasts };
        }
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        let uniform: f64 = self.rng.random();
        -mean * (1.0 - uniform).ln()
    }

    /// Standard normal, as a sum of twelve uniforms (Irwin-Hall): near enough,
    /// bounded, and without functions that differ between platforms.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.rng.random::<f64>()).sum::<f64>() - 6.0
    }
}

/// One of `choices` by weight; the weights add up to 1.
fn pick<T: Copy + Default>(rng: &mut ChaCha8Rng, choices: &[(f64, T)]) -> T {
    let mut left: f64 = rng.random();
    for (weight, choice) in choices {
        left -= weight;
        if left < 0.0 {
            return *choice;
        }
    }
    choices.last().map(|(_, choice)| *choice).unwrap_or_default()
}

/// Several pairs' trades, endless, in the order of time.
#[derive(Debug)]
pub(super) struct Market {
    pairs: Vec<(Trade, PairMarket)>,
}

impl Market {
    /// Time starts at `start_ms`; trade ids follow `last_ids`, or start at 1.
    /// Pairs that are not listed are left out.
    pub(super) fn new(
        pairs: &[Pair],
        seed: u64,
        start_ms: i64,
        last_ids: &BTreeMap<String, i64>,
    ) -> Self {
        let pairs = (0..)
            .zip(&LISTINGS)
            .filter(|(_, listing)| pairs.iter().any(|pair| pair.as_str() == listing.pair))
            .map(|(place, listing)| {
                let last_id = last_ids.get(listing.pair).copied().unwrap_or(0);
                let mut market = PairMarket::new(listing, place, seed, start_ms, last_id);
                (market.next_trade(), market)
            })
            .collect();
        Self { pairs }
    }
}

impl Iterator for Market {
    type Item = Trade;

    fn next(&mut self) -> Option<Trade> {
        let (trade, market) = self.pairs.iter_mut().min_by_key(|(trade, _)| trade.timestamp_ms)?;
        Some(std::mem::replace(trade, market.next_trade()))
    }
}
