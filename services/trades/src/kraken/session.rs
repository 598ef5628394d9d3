//! One connection to Kraken, from its opening to its end: subscribes, passes
//! each trade on once, keeps the clock, and notices when nobody is there.

use std::collections::BTreeMap;

use futures_util::{SinkExt, StreamExt};
use pipeline::message::Trade;
use pipeline::source::Event;
use tokio::net::TcpStream;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::backfill::{Backfill, From, News, Order};
use super::protocol::{self, Message};
use super::rest::Rest;
use super::subscriptions::Subscriptions;
use super::{KrakenError, Progress, Timing};
use crate::pace::{ReceiverGone, send};
use crate::pair::Pair;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Times the silence limit without a word from the feed itself, though pings
/// are answered: the connection is renewed.
const FEED_SILENCE: u32 = 6;

/// Why a session is over.
pub(super) enum Ended {
    /// Nobody listens any more.
    ReceiverGone,
    /// Kraken will not send what is asked for.
    Refused(KrakenError),
    /// The connection is of no more use, and why.
    Lost(String),
}

impl std::convert::From<ReceiverGone> for Ended {
    fn from(_: ReceiverGone) -> Self {
        Self::ReceiverGone
    }
}

pub(super) struct Session<'a> {
    pairs: &'a [Pair],
    timing: &'a Timing,
    progress: &'a mut Progress,
    events: &'a Sender<Event>,
    subscriptions: Subscriptions,
    /// When the latest subscription was asked for or answered.
    subscribed: Instant,
    /// When the trade feed last gave a sign of life; pongs are none.
    fed: Instant,
    /// Trades that came before all pairs were acknowledged for the first time.
    held: Vec<Trade>,
    backfill: Option<Backfill>,
    /// What is to be filled in when all pairs have been acknowledged.
    orders: Vec<Order>,
    /// The trades of the pairs that are being filled in: they come after what is
    /// missing.
    behind: BTreeMap<String, Vec<Trade>>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        pairs: &'a [Pair],
        timing: &'a Timing,
        rest: Option<Rest>,
        progress: &'a mut Progress,
        events: &'a Sender<Event>,
    ) -> Self {
        let now = Instant::now();
        Self {
            pairs,
            timing,
            progress,
            events,
            subscriptions: Subscriptions::ask(pairs),
            subscribed: now,
            fed: now,
            held: Vec::new(),
            backfill: rest.map(|rest| Backfill::start(rest, timing)),
            orders: Vec::new(),
            behind: BTreeMap::new(),
        }
    }

    pub(super) async fn run(mut self, url: &str) -> Ended {
        // Where another library in the process has chosen one, it stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connected = tokio::select! {
            () = self.events.closed() => return Ended::ReceiverGone,
            connected = timeout(self.timing.connect, connect_async(url)) => connected,
        };
        let mut socket = match connected {
            Ok(Ok((socket, _))) => socket,
            Ok(Err(error)) => return Ended::Lost(error.to_string()),
            Err(_) => return Ended::Lost("no answer to the attempt to connect".to_owned()),
        };
        match self.converse(&mut socket).await {
            Err(ended) => ended,
            Ok(never) => match never {},
        }
    }

    async fn converse(&mut self, socket: &mut Socket) -> Result<std::convert::Infallible, Ended> {
        self.say(socket, protocol::subscribe(self.pairs.iter())).await?;
        self.subscribed = Instant::now();
        self.fed = self.subscribed;
        let mut heard = self.subscribed;
        let mut ping = interval(self.timing.clock);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.events.closed() => return Err(Ended::ReceiverGone),
                frame = timeout_at(heard + self.timing.silence, socket.next()) => {
                    self.hear(frame).await?;
                    // After handling: a listener that kept us waiting is not
                    // the exchange's silence.
                    heard = Instant::now();
                }
                _ = ping.tick() => {
                    self.check_answers()?;
                    self.say(socket, protocol::ping()).await?;
                }
                () = self.subscriptions.retry() => self.resubscribe(socket).await?,
                news = past(&mut self.backfill) => {
                    self.fill_in(news).await?;
                    heard = Instant::now();
                }
            }
        }
    }

    async fn say(&self, socket: &mut Socket, text: String) -> Result<(), Ended> {
        match timeout(self.timing.silence, socket.send(Frame::text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Ended::Lost(error.to_string())),
            Err(_) => Err(Ended::Lost("the connection takes no more data".to_owned())),
        }
    }

    async fn hear(
        &mut self,
        frame: Result<
            Option<Result<Frame, tokio_tungstenite::tungstenite::Error>>,
            tokio::time::error::Elapsed,
        >,
    ) -> Result<(), Ended> {
        let lost = |reason: String| Err(Ended::Lost(reason));
        match frame {
            Err(_) => lost(format!("no message for {:?}", self.timing.silence)),
            Ok(None) => lost("closed by the server".to_owned()),
            Ok(Some(Err(error))) => lost(error.to_string()),
            Ok(Some(Ok(Frame::Close(Some(close))))) => {
                lost(format!("closed by the server: {close}"))
            }
            Ok(Some(Ok(Frame::Close(None)))) => lost("closed by the server".to_owned()),
            Ok(Some(Ok(Frame::Text(text)))) => match protocol::parse(&text) {
                Ok(message) => self.handle(message, &text).await,
                Err(reason) => {
                    tracing::warn!(reason, message = text.as_str(), "skipped a malformed message");
                    Ok(())
                }
            },
            // WebSocket pings are answered by the library when it is next used.
            Ok(Some(Ok(_))) => Ok(()),
        }
    }

    async fn handle(&mut self, message: Message, text: &str) -> Result<(), Ended> {
        match message {
            Message::Trades { snapshot, trades, malformed } => {
                self.fed = Instant::now();
                for reason in malformed {
                    tracing::warn!(reason, "skipped a malformed trade");
                }
                self.receive(snapshot, trades).await?;
            }
            Message::Heartbeat => self.fed = Instant::now(),
            Message::Status(system) => tracing::info!(system, "status of Kraken's trading engine"),
            Message::Subscribed { pair } => self.confirm(&pair).await?,
            Message::Refused { pair, reason } => self.refuse(pair, reason)?,
            Message::Pong { exchange_ms: Some(exchange_ms) } => self.tick(exchange_ms).await?,
            Message::Pong { exchange_ms: None } => {}
            Message::Error(error) => tracing::warn!(error, "Kraken reports an error"),
            Message::Other => tracing::debug!(message = text, "skipped an unknown message"),
        }
        Ok(())
    }

    async fn confirm(&mut self, pair: &str) -> Result<(), Ended> {
        self.subscriptions.confirm(pair);
        self.subscribed = Instant::now();
        if !self.progress.started && self.subscriptions.are_confirmed() {
            self.progress.started = true;
            tracing::info!(pairs = self.pairs.len(), "subscribed to Kraken's trades");
            self.send_orders();
            let held = std::mem::take(&mut self.held);
            self.pass_on(held).await?;
        }
        Ok(())
    }

    fn refuse(&mut self, pair: Option<String>, reason: String) -> Result<(), Ended> {
        if !self.progress.started {
            let all = || {
                let names: Vec<&str> = self.pairs.iter().map(Pair::as_str).collect();
                names.join(", ")
            };
            let pairs = pair.unwrap_or_else(all);
            return Err(Ended::Refused(KrakenError::Refused { pairs, reason }));
        }
        // It worked before: the pair is under maintenance, or gone for good.
        // The others go on, without a clock that would speak for it too.
        tracing::error!(
            pair,
            reason,
            "Kraken refuses a pair that it had accepted; asking again later"
        );
        let retry = Instant::now() + self.timing.resubscribe;
        self.subscriptions.refuse(pair.as_deref(), retry);
        Ok(())
    }

    async fn resubscribe(&mut self, socket: &mut Socket) -> Result<(), Ended> {
        self.subscribed = Instant::now();
        let due = self.subscriptions.ask_again(self.subscribed);
        let pairs = self.pairs.iter().filter(|pair| due.contains(pair.as_str()));
        let request = protocol::subscribe(pairs);
        self.say(socket, request).await
    }

    fn check_answers(&self) -> Result<(), Ended> {
        if self.fed.elapsed() >= self.timing.silence * FEED_SILENCE {
            return Err(Ended::Lost("neither trades nor heartbeats".to_owned()));
        }
        match self.subscriptions.unanswered() {
            Some(pair) if self.subscribed.elapsed() >= self.timing.silence => {
                Err(Ended::Lost(format!("no answer to the subscription of {pair}")))
            }
            _ => Ok(()),
        }
    }

    async fn receive(&mut self, snapshot: bool, mut trades: Vec<Trade>) -> Result<(), Ended> {
        trades.retain(|trade| self.subscriptions.contains(&trade.pair));
        // What is older than a trade that was sent counts as sent.
        trades.sort_by_key(|trade| trade.trade_id);
        if snapshot {
            self.note_snapshot(&trades);
        }
        if self.progress.started {
            self.send_orders();
            self.pass_on(trades).await
        } else {
            // A pair may yet be refused, and then nothing shall have been sent.
            self.held.append(&mut trades);
            Ok(())
        }
    }

    /// Finds out what is missing before the first trade of a pair's snapshot.
    fn note_snapshot(&mut self, trades: &[Trade]) {
        for trade in trades {
            if !self.subscriptions.first_of_snapshot(&trade.pair) {
                continue;
            }
            let last = self.progress.last_ids.get(&trade.pair).copied();
            let missed = last.map_or(0, |last| trade.trade_id.saturating_sub(last) - 1);
            let time_ms = self.progress.last_times.get(&trade.pair).copied();
            let from = match (last, self.progress.since_ms) {
                (Some(id), _) if missed > 0 => From::Trade { id, time_ms },
                (None, Some(since_ms)) if since_ms < trade.timestamp_ms => From::Time(since_ms),
                _ => continue,
            };
            if self.backfill.is_some() {
                let pair = trade.pair.clone();
                self.orders.push(Order { pair, from, until: trade.clone() });
            } else {
                tracing::warn!(pair = trade.pair, missed, "trades missed while away");
            }
        }
    }

    fn send_orders(&mut self) {
        if let Some(backfill) = &self.backfill {
            for order in self.orders.drain(..) {
                self.behind.entry(order.pair.clone()).or_default();
                backfill.order(order);
            }
        }
    }

    /// Takes what has come of the past.
    async fn fill_in(&mut self, news: News) -> Result<(), Ended> {
        let pair = match news {
            News::Trades(trades) => return self.send_new(trades).await,
            News::Done { pair, missed: 0 } => {
                tracing::info!(pair, "past trades are complete");
                pair
            }
            News::Done { pair, missed } => {
                tracing::warn!(pair, missed, "past trades that Kraken does not have");
                pair
            }
            News::Refused { order: Order { pair, from: From::Time(_), .. }, reason } => {
                return Err(Ended::Refused(KrakenError::Past { pair, reason }));
            }
            News::Refused { order: Order { pair, .. }, reason } => {
                tracing::warn!(pair, reason, "trades missed while away, and not to be had");
                pair
            }
        };
        let behind = self.behind.remove(&pair).unwrap_or_default();
        self.send_new(behind).await
    }

    /// Sends trades, or keeps them while what comes before them is missing.
    async fn pass_on(&mut self, mut trades: Vec<Trade>) -> Result<(), Ended> {
        if !self.behind.is_empty() {
            trades.retain(|trade| match self.behind.get_mut(&trade.pair) {
                Some(behind) => {
                    behind.push(trade.clone());
                    false
                }
                None => true,
            });
        }
        self.send_new(trades).await
    }

    /// Sends the trades that were not sent before: Kraken numbers a pair's
    /// trades in sequence.
    async fn send_new(&mut self, trades: Vec<Trade>) -> Result<(), Ended> {
        for trade in trades {
            match self.progress.last_ids.get_mut(&trade.pair) {
                Some(last) if trade.trade_id <= *last => continue,
                Some(last) => *last = trade.trade_id,
                None => {
                    self.progress.last_ids.insert(trade.pair.clone(), trade.trade_id);
                }
            }
            match self.progress.last_times.get_mut(&trade.pair) {
                Some(last) => *last = trade.timestamp_ms,
                None => {
                    self.progress.last_times.insert(trade.pair.clone(), trade.timestamp_ms);
                }
            }
            send(self.events, Event::Trade(trade)).await?;
        }
        Ok(())
    }

    /// Sends the exchange's clock, less the margin. It is taken from a pong and
    /// not from the wall clock, because a pong stands in the same stream as the
    /// trades: however long it was on its way or lay in a buffer, what Kraken
    /// had sent before is here. A wall clock would run ahead of trades that are
    /// still to come whenever it goes wrong, or this process falls behind. For
    /// the same reason it stands still until every pair is subscribed and has
    /// its snapshot and its past (older trades), and while the feed is silent.
    async fn tick(&mut self, exchange_ms: i64) -> Result<(), Ended> {
        let complete = self.subscriptions.have_snapshots()
            || (self.subscriptions.are_confirmed()
                && self.subscribed.elapsed() >= self.timing.snapshot);
        let margin_ms = i64::try_from(self.timing.clock_margin.as_millis()).unwrap_or(i64::MAX);
        let clock_ms = exchange_ms.saturating_sub(margin_ms);
        let complete = complete && self.orders.is_empty() && self.behind.is_empty();
        if complete && self.fed.elapsed() < self.timing.silence && clock_ms > self.progress.clock_ms
        {
            self.progress.clock_ms = clock_ms;
            send(self.events, Event::Clock(clock_ms)).await?;
        }
        Ok(())
    }
}

/// The next news of the past; never any where nobody asks for it.
async fn past(backfill: &mut Option<Backfill>) -> News {
    match backfill {
        Some(backfill) => backfill.next().await,
        None => std::future::pending().await,
    }
}
