//! The source that follows Kraken's live trades: one WebSocket v2 connection
//! after another, for as long as somebody listens, and the trades that are older
//! than a connection by REST. What is said over a connection is `session`'s, how
//! it is spelled `protocol`'s, what is asked for by REST `backfill`'s.

mod backfill;
mod backoff;
mod protocol;
mod rest;
mod session;
mod subscriptions;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pipeline::source::{Event, Position, Source, SourceError};
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::pair::Pair;
use backoff::Backoff;
pub use rest::REST_URL;
use rest::Rest;
use session::{Ended, Session};

/// Kraken's public address.
pub const WS_URL: &str = "wss://ws.kraken.com/v2";

/// How long everything may take; the defaults suit Kraken.
#[derive(Clone, Debug)]
pub struct Timing {
    /// For a connection to open.
    pub connect: Duration,
    /// Without any message: the connection counts as dead, for Kraken sends a
    /// heartbeat a second when there is nothing else. Subscriptions must have
    /// been answered within this time too.
    pub silence: Duration,
    /// Between two questions for the exchange's clock.
    pub clock: Duration,
    /// That the clock stays behind the exchange's: how long a trade may take
    /// from its match to the feed.
    pub clock_margin: Duration,
    /// That the clock waits for snapshots after the last subscription; a pair
    /// that was never traded has none.
    pub snapshot: Duration,
    /// Before a subscription that was refused after a reconnect is tried again.
    pub resubscribe: Duration,
    /// Longest wait before the first new attempt to connect; doubles with each.
    pub backoff_base: Duration,
    /// Longest wait before any attempt. Kraken's front (Cloudflare) blocks an
    /// address for minutes that connects about 150 times in ten.
    pub backoff_cap: Duration,
    /// Between two REST requests: Kraken allows about one a second.
    pub rest: Duration,
    /// A connection that lasts this long sets the backoff back. A server that
    /// accepts and drops at once must not count as a success.
    pub healthy: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(10),
            clock: Duration::from_secs(1),
            clock_margin: Duration::from_secs(2),
            snapshot: Duration::from_secs(5),
            resubscribe: Duration::from_secs(30),
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_secs(60),
            rest: Duration::from_millis(1_100),
            healthy: Duration::from_secs(60),
        }
    }
}

/// Kraken's trades of some pairs.
#[derive(Clone, Debug)]
pub struct Kraken {
    pairs: Vec<Pair>,
    url: String,
    timing: Timing,
    rest: Option<Rest>,
    since: Option<Duration>,
}

/// Kraken cannot be followed, and trying again would not help.
#[derive(Debug, thiserror::Error)]
pub enum KrakenError {
    /// The address is not one of a WebSocket.
    #[error("{url:?} is not a WebSocket address ({reason}), expected such as {WS_URL}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The address is not one of a web server.
    #[error("{url:?} is not an address of a web server ({reason}), expected such as {REST_URL}")]
    RestUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The trades that were asked for from the past cannot be had.
    #[error("Kraken refuses to send past trades of {pair}: {reason}")]
    Past {
        /// The pair.
        pair: String,
        /// Kraken's words.
        reason: String,
    },
    /// A subscription was refused at the start.
    #[error("Kraken refuses to send trades of {pairs}: {reason}")]
    Refused {
        /// The pair, or all pairs where Kraken does not say which.
        pairs: String,
        /// Kraken's words.
        reason: String,
    },
}

/// What outlives a connection.
#[derive(Debug)]
struct Progress {
    /// The latest trade id sent, per pair.
    last_ids: BTreeMap<String, i64>,
    /// The time of the latest trade sent by this process, per pair.
    last_times: BTreeMap<String, i64>,
    /// Where a pair without a trade begins, in milliseconds since 1970 UTC; with
    /// the snapshot where it is not said.
    since_ms: Option<i64>,
    /// The latest clock sent.
    clock_ms: i64,
    /// Whether every pair has been subscribed at once before. Until then a
    /// refusal is a mistake in the configuration.
    started: bool,
}

impl Kraken {
    /// Follows `pairs` at `url`, usually [`WS_URL`].
    ///
    /// # Errors
    /// An address that no WebSocket can be at.
    pub fn new(pairs: Vec<Pair>, url: &str, timing: Timing) -> Result<Self, KrakenError> {
        let invalid = |reason: String| KrakenError::Url { url: url.to_owned(), reason };
        let request = url.into_client_request().map_err(|error| invalid(error.to_string()))?;
        if !matches!(request.uri().scheme_str(), Some("ws" | "wss")) {
            return Err(invalid("neither ws:// nor wss://".to_owned()));
        }
        let url = url.to_owned();
        Ok(Self { pairs, url, timing, rest: None, since: None })
    }

    /// Asks `url`, usually [`REST_URL`], for the trades that were missed while
    /// away, and when a pair is followed for the first time for those of the time
    /// before the start, `since` long.
    ///
    /// # Errors
    /// An address that no web server can be at.
    pub fn with_past(mut self, url: &str, since: Option<Duration>) -> Result<Self, KrakenError> {
        self.rest = Some(Rest::new(url, self.timing.rest, self.timing.connect)?);
        self.since = since;
        Ok(self)
    }

    async fn follow(self, position: Position, events: Sender<Event>) -> Result<(), SourceError> {
        let since = self.since.and_then(|since| SystemTime::now().checked_sub(since));
        let since = since.and_then(|since| since.duration_since(UNIX_EPOCH).ok());
        let mut progress = Progress {
            last_ids: position.last_trade_ids,
            last_times: BTreeMap::new(),
            since_ms: since.and_then(|since| i64::try_from(since.as_millis()).ok()),
            clock_ms: i64::MIN,
            started: false,
        };
        let mut backoff = Backoff::new(self.timing.backoff_base, self.timing.backoff_cap);
        loop {
            let begin = Instant::now();
            let rest = self.rest.clone();
            let session = Session::new(&self.pairs, &self.timing, rest, &mut progress, &events);
            let reason = match session.run(&self.url).await {
                Ended::ReceiverGone => return Ok(()),
                Ended::Refused(error) => return Err(error.into()),
                Ended::Lost(reason) => reason,
            };
            if begin.elapsed() >= self.timing.healthy {
                backoff.reset();
            }
            let wait = backoff.next();
            tracing::warn!(url = self.url, %reason, ?wait, "connection to Kraken lost; connecting again");
            tokio::select! {
                () = events.closed() => return Ok(()),
                () = sleep(wait) => {}
            }
        }
    }
}

impl Source for Kraken {
    fn name(&self) -> String {
        "kraken".to_owned()
    }

    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(self.follow(position, events))
    }
}
