//! The source that makes a market up: several pairs, from a seed, for trying
//! the pipeline without an exchange. How one pair behaves is `market`'s.

mod market;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use pipeline::message::Trade;
use pipeline::source::{Event, Position, Source, SourceError};
use tokio::sync::mpsc::Sender;

use crate::pace::{Pace, ReceiverGone, Speed, send};
use crate::pair::Pair;
use market::{LISTINGS, Market};

/// The pairs of a market for which none were chosen.
pub const DEFAULT_PAIRS: [&str; 4] = ["BTC/EUR", "ETH/EUR", "SOL/EUR", "XRP/ETH"];

/// Where simulated time starts when it does not follow the wall clock:
/// 2024-01-01T00:00Z. Fixed, so that a restart finds its place again.
const SIMULATED_START_MS: i64 = 1_704_067_200_000;

/// A seeded market. The same seed, pairs and start give the same trades.
///
/// At `1x` it follows the wall clock, and a restart goes on with the next trade
/// ids from the present. At any other speed time is simulated from a fixed
/// start, and a restart goes on with exactly the trade that would have followed.
#[derive(Clone, Debug)]
pub struct Synthetic {
    pairs: Vec<Pair>,
    seed: u64,
    speed: Speed,
    limit: Option<u64>,
    start_ms: Option<i64>,
}

/// The synthetic market cannot be what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SyntheticError {
    /// The market does not trade this pair.
    #[error("unknown pair {pair}, expected some of {known}")]
    UnknownPair {
        /// What was asked for.
        pair: Pair,
        /// All there is.
        known: String,
    },
    /// The trades written before are not the ones this market starts with.
    #[error(
        "the {written} trades written before are of another synthetic market, expected the same seed, pairs and speed, or an empty topic"
    )]
    OtherMarket {
        /// Number of trades written before.
        written: u64,
    },
}

impl Synthetic {
    /// A market of `pairs` (none: [`DEFAULT_PAIRS`]) that ends after `limit`
    /// trades, counted over restarts, or never.
    ///
    /// # Errors
    /// A pair that the market does not know.
    pub fn new(
        pairs: &[Pair],
        seed: u64,
        speed: Speed,
        limit: Option<u64>,
    ) -> Result<Self, SyntheticError> {
        let unknown = |pair: &&Pair| LISTINGS.iter().all(|listing| listing.pair != pair.as_str());
        if let Some(pair) = pairs.iter().find(unknown) {
            let known: Vec<&str> = LISTINGS.iter().map(|listing| listing.pair).collect();
            return Err(SyntheticError::UnknownPair {
                pair: pair.clone(),
                known: known.join(", "),
            });
        }
        let pairs = match pairs {
            [] => DEFAULT_PAIRS.iter().flat_map(|pair| pair.parse()).collect(),
            chosen => chosen.to_vec(),
        };
        Ok(Self { pairs, seed, speed, limit, start_ms: None })
    }

    /// Starts simulated time here, in milliseconds since 1970 UTC, whatever the speed.
    #[must_use]
    pub fn starting_at(mut self, start_ms: i64) -> Self {
        self.start_ms = Some(start_ms);
        self
    }

    /// The market at `position`, as an endless iterator, and the time that is
    /// the present when it does not start with its next trade.
    fn market(&self, position: &Position) -> Result<(Market, Option<i64>), SyntheticError> {
        let start_ms = match (self.start_ms, self.speed) {
            (Some(start_ms), _) => start_ms,
            (None, Speed::Times(1.0)) => {
                let now_ms = wall_clock_ms();
                let market = Market::new(&self.pairs, self.seed, now_ms, &position.last_trade_ids);
                return Ok((market, Some(now_ms)));
            }
            (None, _) => SIMULATED_START_MS,
        };
        let mut market = Market::new(&self.pairs, self.seed, start_ms, &BTreeMap::new());
        let mut last_ids = BTreeMap::new();
        for trade in market.by_ref().take(usize::try_from(position.trades).unwrap_or(usize::MAX)) {
            last_ids.insert(trade.pair, trade.trade_id);
        }
        if last_ids != position.last_trade_ids {
            return Err(SyntheticError::OtherMarket { written: position.trades });
        }
        Ok((market, None))
    }
}

impl Source for Synthetic {
    fn name(&self) -> String {
        "synthetic".to_owned()
    }

    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let (market, now_ms) = self.market(&position)?;
            let mut pace = Pace::new(self.speed);
            if let Some(now_ms) = now_ms {
                pace.begin(now_ms);
            }
            let left = self.limit.map(|limit| limit.saturating_sub(position.trades));
            match send_market(market, pace, left, &events).await {
                Ok(()) | Err(ReceiverGone) => Ok(()),
            }
        })
    }
}

async fn send_market(
    market: Market,
    mut pace: Pace,
    limit: Option<u64>,
    events: &Sender<Event>,
) -> Result<(), ReceiverGone> {
    let mut last_ms = None;
    for (sent, trade) in (0_u64..).zip(market) {
        if limit.is_some_and(|limit| sent >= limit) {
            break;
        }
        pace.wait_for(trade.timestamp_ms, 0, events).await?;
        if pace.is_unpaced() {
            send_simulated_seconds(last_ms, &trade, events).await?;
        }
        last_ms = Some(trade.timestamp_ms);
        send(events, Event::Trade(trade)).await?;
    }
    if let Some(last_ms) = last_ms {
        send(events, Event::Clock(last_ms)).await?;
    }
    send(events, Event::End).await
}

/// Without waiting there is no wall time to tick, so simulated time does: the
/// candles of a silent pair close as they would live.
async fn send_simulated_seconds(
    last_ms: Option<i64>,
    next: &Trade,
    events: &Sender<Event>,
) -> Result<(), ReceiverGone> {
    let next_second = next.timestamp_ms.div_euclid(1000);
    let last_second = last_ms.map_or(next_second, |last_ms| last_ms.div_euclid(1000));
    for second in last_second + 1..=next_second {
        send(events, Event::Clock(second * 1000)).await?;
    }
    Ok(())
}

fn wall_clock_ms() -> i64 {
    // A clock set before 1970 is as wrong as one at 1970.
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
