//! The trades between the last one that was sent and the first one of the live
//! stream, by REST: page after page, until their numbers meet. One pair after
//! the other, as all share the exchange's limit of requests.

use pipeline::message::Trade;
use tokio::sync::mpsc::{self, Receiver, Sender, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::Timing;
use super::backoff::Backoff;
use super::rest::{NoPage, Page, Rest};

/// How far before the first live trade the last one that was sent is looked for
/// when its time is not known, in minutes, one after the other.
const LOOK_BACK_MINUTES: [i64; 5] = [10, 60, 360, 2_160, 12_960];
/// Pages in a row that lead no further, before what is missing is given up: REST
/// may be a little behind the stream.
const MOST_IDLE: u32 = 5;
/// A trade's number is no strict order of times.
const MARGIN_MS: i64 = 1_000;
const NS_PER_MS: i64 = 1_000_000;

/// Where a pair's missing trades begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum From {
    /// After the trade of this number, and its time if that is known.
    Trade { id: i64, time_ms: Option<i64> },
    /// At this time.
    Time(i64),
}

/// The trades that a pair misses.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) pair: String,
    pub(super) from: From,
    /// The first trade that needs no filling in.
    pub(super) until: Trade,
}

/// What has come of an order.
#[derive(Debug)]
pub(super) enum News {
    /// Some of the trades, in order.
    Trades(Vec<Trade>),
    /// That was all of the pair's, but for so many that cannot be had.
    Done { pair: String, missed: i64 },
    /// Kraken will not send the pair's.
    Refused { order: Order, reason: String },
}

/// Somebody who fills orders in, until this is dropped.
pub(super) struct Backfill {
    orders: UnboundedSender<Order>,
    news: Receiver<News>,
    task: JoinHandle<()>,
}

impl Backfill {
    pub(super) fn start(rest: Rest, timing: &Timing) -> Self {
        let (orders, mut waiting) = mpsc::unbounded_channel::<Order>();
        let (sender, news) = mpsc::channel(2);
        let backoff = Backoff::new(timing.backoff_base, timing.backoff_cap);
        let mut filler = Filler { rest, backoff, news: sender };
        let task = tokio::spawn(async move {
            while let Some(order) = waiting.recv().await {
                if filler.fill(order).await.is_err() {
                    break;
                }
            }
        });
        Self { orders, news, task }
    }

    pub(super) fn order(&self, order: Order) {
        // There is nobody only after a panic, which the silence would show.
        self.orders.send(order).ok();
    }

    /// The next news; none ever where nothing is ordered.
    pub(super) async fn next(&mut self) -> News {
        match self.news.recv().await {
            Some(news) => news,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Backfill {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Nobody is interested any more.
struct Gone;

struct Filler {
    rest: Rest,
    backoff: Backoff,
    news: Sender<News>,
}

impl Filler {
    async fn fill(&mut self, order: Order) -> Result<(), Gone> {
        tracing::info!(pair = order.pair, from = ?order.from, "asking Kraken for past trades");
        let news = match self.pages(&order).await? {
            Ok(missed) => News::Done { pair: order.pair, missed },
            Err(reason) => News::Refused { order, reason },
        };
        self.news.send(news).await.map_err(|_| Gone)
    }

    /// Sends what an order misses; how many trades cannot be had.
    async fn pages(&mut self, order: &Order) -> Result<Result<i64, String>, Gone> {
        let mut since_ns = match self.begin(order).await? {
            Ok(since_ns) => since_ns,
            Err(reason) => return Ok(Err(reason)),
        };
        let (mut last, mut missed, mut idle) = match order.from {
            From::Trade { id, .. } => (Some(id), 0, 0),
            From::Time(_) => (None, 0, 0),
        };
        loop {
            let Page { mut trades, last_ns, malformed } =
                match self.page(&order.pair, since_ns).await? {
                    Ok(page) => page,
                    Err(reason) => return Ok(Err(reason)),
                };
            for reason in malformed {
                tracing::warn!(reason, "skipped a malformed trade");
            }
            // A pair that was seldom traded has nothing between.
            let met = trades.iter().any(|trade| trade.trade_id >= order.until.trade_id);
            trades.retain(|trade| is_missing(trade, order, last));
            trades.sort_by_key(|trade| trade.trade_id);
            for trade in &trades {
                missed += last.map_or(0, |last| trade.trade_id - last - 1);
                last = Some(trade.trade_id);
            }
            if !trades.is_empty() && self.news.send(News::Trades(trades)).await.is_err() {
                return Err(Gone);
            }
            let left = last.map_or(0, |last| order.until.trade_id - last - 1);
            if met || left <= 0 && last.is_some() || idle > MOST_IDLE {
                return Ok(Ok(missed + left));
            }
            // The page may end in the middle of trades of one nanosecond, so it is
            // read once more; unless that is all that it holds.
            let next_ns = match last_ns - 1 > since_ns {
                true => last_ns - 1,
                false => since_ns.max(last_ns),
            };
            idle = if next_ns == since_ns { idle + 1 } else { 0 };
            since_ns = next_ns;
        }
    }

    /// Where the first page begins.
    async fn begin(&mut self, order: &Order) -> Result<Result<i64, String>, Gone> {
        let first_ns = |time_ms: i64| time_ms * NS_PER_MS - 1;
        let id = match order.from {
            From::Time(time_ms) => return Ok(Ok(first_ns(time_ms))),
            From::Trade { time_ms: Some(time_ms), .. } => {
                return Ok(Ok(first_ns(time_ms - MARGIN_MS)));
            }
            From::Trade { id, time_ms: None } => id,
        };
        let mut since_ns = first_ns(order.until.timestamp_ms);
        for minutes in LOOK_BACK_MINUTES {
            since_ns = first_ns(order.until.timestamp_ms - minutes * 60_000);
            match self.page(&order.pair, since_ns).await? {
                Ok(page) if page.trades.iter().any(|trade| trade.trade_id <= id + 1) => break,
                Ok(_) => {}
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(since_ns))
    }

    /// A page, asked for until it comes or is refused.
    async fn page(&mut self, pair: &str, since_ns: i64) -> Result<Result<Page, String>, Gone> {
        loop {
            match self.rest.page(pair, since_ns).await {
                Ok(page) => {
                    self.backoff.reset();
                    return Ok(Ok(page));
                }
                Err(NoPage::Refused(reason)) => return Ok(Err(reason)),
                Err(NoPage::Later(reason)) => {
                    let wait = self.backoff.next();
                    tracing::warn!(pair, reason, ?wait, "no past trades from Kraken yet");
                    tokio::select! {
                        () = self.news.closed() => return Err(Gone),
                        () = sleep(wait) => {}
                    }
                }
            }
        }
    }
}

fn is_missing(trade: &Trade, order: &Order, last: Option<i64>) -> bool {
    let begun = match order.from {
        From::Trade { .. } => true,
        From::Time(time_ms) => trade.timestamp_ms >= time_ms,
    };
    begun && trade.trade_id < order.until.trade_id && last.is_none_or(|id| trade.trade_id > id)
}
