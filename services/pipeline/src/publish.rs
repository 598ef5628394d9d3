//! The loop of a source: its trades and its clock become records, and its
//! position goes with them in the same transaction, so that a restart goes on
//! exactly after the last trade that was committed.

use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::time::timeout;

use crate::codec::{self, headers};
use crate::committed::Topic;
use crate::config::KafkaConfig;
use crate::contracts::{self, SourceCodecs};
use crate::error::{Error, Failure};
use crate::message::{Heartbeat, Message, Trade};
use crate::meter::Meter;
use crate::restore;
use crate::shutdown::{Health, Shutdown};
use crate::sink::Outgoing;
use crate::source::{Event, Position, Source, SourceError};
use crate::topics::{self, Limits};
use crate::transaction::Transaction;

/// Version of the format of [`Position`] in the changelog.
const POSITION_VERSION: u32 = 1;
/// Events that a source may be ahead of the broker.
const AHEAD: usize = 4096;
const MOST_TRADES: usize = 10_000;
const IDLE: Duration = Duration::from_millis(100);

/// Publishes a source to the output topic until its end or `shutdown`, on this
/// thread; the source itself runs on another.
///
/// There is one publisher per group and source: whoever starts last takes over,
/// and the one before stops with [`Error::Fenced`].
///
/// # Errors
/// When it cannot start, when it is fenced off, or when the source fails
/// ([`Error::Source`]; what the source sent before that is committed).
pub fn run(
    source: Box<dyn Source>,
    config: &KafkaConfig,
    health: &Health,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    let name = source.name();
    let codecs = contracts::of_source(config)?;
    let (partitions, limits) = topics::prepare_source(config)?;
    // By the source and not by the instance: two instances with one source
    // would publish every trade twice.
    let id = format!("{}-{name}", config.consumer_group);
    let transaction = Transaction::take_over(config, &id, limits.batch)?;
    let position = last_position(config, &name, partitions, shutdown)?;
    tracing::info!(
        source = name,
        trades = position.trades,
        output = config.output_topic,
        "started"
    );

    if shutdown.is_requested() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Error::system("start the runtime"))?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let running = runtime.spawn(source.run(position.clone(), sender));
    let mut publisher = Publisher {
        meter: Meter::new("trades"),
        config,
        codecs,
        name: name.clone(),
        id,
        partitions,
        limits,
        transaction,
        position,
        clock_ms: 0,
        pending_ms: Vec::new(),
        payload: Vec::new(),
    };
    health.set_ready(true);
    let published = runtime.block_on(publisher.publish(receiver, shutdown));
    health.set_ready(false);
    match published {
        Ok(Ended::BySource) => {
            let outcome = runtime.block_on(running);
            let outcome = outcome.unwrap_or_else(|e| Err(SourceError::from(e.to_string())));
            tracing::info!(source = name, trades = publisher.position.trades, "stopped");
            outcome.map_err(|reason| Error::Source { name, reason })
        }
        Ok(Ended::ByShutdown) => {
            running.abort();
            tracing::info!(source = name, trades = publisher.position.trades, "stopped");
            Ok(())
        }
        Err(failure) => {
            running.abort();
            publisher.transaction.abort().ok();
            if let Failure::Stop(Error::Fenced { id, .. }) = &failure {
                tracing::error!(source = name, id, "fenced");
            }
            Err(match failure {
                Failure::Stop(error) => error,
                // The source cannot be turned back; a restart can.
                Failure::Abort(reason) => Error::Kafka {
                    action: format!("publish trades ({reason})"),
                    reason: rdkafka::error::KafkaError::Canceled,
                },
            })
        }
    }
}

enum Ended {
    BySource,
    ByShutdown,
}

struct Publisher<'a> {
    config: &'a KafkaConfig,
    codecs: SourceCodecs,
    name: String,
    /// Group and name: the transactional id, and what readers know the source by. By
    /// the name alone, the clock of one process would speak for the pairs of another.
    id: String,
    partitions: i32,
    limits: Limits,
    transaction: Transaction,
    position: Position,
    /// The latest time that the source has told, by a trade or by its clock.
    clock_ms: i64,
    /// Times of the trades in the open transaction.
    pending_ms: Vec<i64>,
    payload: Vec<u8>,
    meter: Meter,
}

impl Publisher<'_> {
    async fn publish(
        &mut self,
        mut events: Receiver<Event>,
        shutdown: &Shutdown,
    ) -> Result<Ended, Failure> {
        let mut batch = Vec::new();
        loop {
            if shutdown.is_requested() {
                self.commit()?;
                return Ok(Ended::ByShutdown);
            }
            let patience = self.left_to_commit().map_or(IDLE, |left| left.min(IDLE));
            match timeout(patience, events.recv_many(&mut batch, 256)).await {
                Ok(0) => {
                    self.commit()?;
                    return Ok(Ended::BySource);
                }
                Ok(_) => {
                    for event in batch.drain(..) {
                        match self.event(event) {
                            Err(Failure::Stop(error @ Error::Source { .. })) => {
                                // What came before it is good.
                                self.commit()?;
                                return Err(error.into());
                            }
                            other => other?,
                        }
                    }
                }
                Err(_) => {}
            }
            if self.pending_ms.len() >= MOST_TRADES || self.left_to_commit() == Some(Duration::ZERO)
            {
                self.commit()?;
            }
        }
    }

    /// Time until the open transaction is due; `None` when there is none.
    fn left_to_commit(&self) -> Option<Duration> {
        let began = self.transaction.began()?;
        Some(self.config.commit_interval.saturating_sub(began.elapsed()))
    }

    fn event(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Trade(trade) => self.trade(&trade),
            Event::Clock(timestamp_ms) => {
                self.clock_ms = timestamp_ms;
                self.heartbeat(timestamp_ms, false)
            }
            Event::End => self.heartbeat(self.clock_ms, true),
        }
    }

    fn trade(&mut self, trade: &Trade) -> Result<(), Failure> {
        self.payload.clear();
        self.codecs.trade.encode(trade, &mut self.payload).map_err(|reason| {
            let reason = format!("trade {} of {}: {reason}", trade.trade_id, trade.pair);
            Error::Source { name: self.name.clone(), reason: reason.into() }
        })?;
        self.transaction.send(Outgoing {
            topic: &self.config.output_topic,
            partition: None,
            key: Some(trade.key().as_bytes()),
            payload: Some(&self.payload),
            headers: headers(self.codecs.trade.version(), &[(codec::SOURCE, &self.id)]),
        })?;
        self.clock_ms = self.clock_ms.max(trade.timestamp_ms);
        self.position.trades += 1;
        match self.position.last_trade_ids.get_mut(&trade.pair) {
            Some(last) => *last = trade.trade_id,
            None => {
                let pair = trade.pair.clone();
                self.position.last_trade_ids.insert(pair, trade.trade_id);
            }
        }
        self.pending_ms.push(trade.timestamp_ms);
        Ok(())
    }

    /// Sends the source's clock to every partition: pairs in any of them may
    /// have gone silent.
    fn heartbeat(&mut self, timestamp_ms: i64, end: bool) -> Result<(), Failure> {
        let beat = Heartbeat { timestamp_ms, end };
        self.payload.clear();
        let encoder = &self.codecs.heartbeat;
        encoder.encode(&beat, &mut self.payload).map_err(|reason| Error::Source {
            name: self.name.clone(),
            reason: format!("clock: {reason}").into(),
        })?;
        for partition in 0..self.partitions {
            self.transaction.send(Outgoing {
                topic: &self.config.output_topic,
                partition: Some(partition),
                key: None,
                payload: Some(&self.payload),
                headers: headers(
                    encoder.version(),
                    &[(codec::TYPE, codec::HEARTBEAT), (codec::SOURCE, &self.id)],
                ),
            })?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Failure> {
        let Some(began) = self.transaction.began() else {
            return Ok(());
        };
        if !self.pending_ms.is_empty() {
            let topic = self.config.changelog_topic();
            let bytes = restore::encode(&self.position, &topic)?;
            restore::check_size(&topic, 0, &self.name, &bytes, self.limits.state)?;
            self.transaction.send(Outgoing {
                topic: &topic,
                partition: Some(0),
                key: Some(self.name.as_bytes()),
                payload: Some(&bytes),
                headers: restore::headers(POSITION_VERSION),
            })?;
        }
        self.transaction.commit(None)?;
        let trades = self.pending_ms.len() as u64;
        self.meter.records.increment(trades);
        self.meter.outputs.increment(trades);
        self.meter.committed(self.pending_ms.drain(..));
        let seconds = began.elapsed().as_secs_f64();
        self.meter.transaction_seconds.record(seconds);
        Ok(())
    }
}

/// The last committed position of a source; the start where there is none. Final
/// once the predecessor is fenced off.
fn last_position(
    config: &KafkaConfig,
    name: &str,
    partitions: i32,
    shutdown: &Shutdown,
) -> Result<Position, Error> {
    let mut last = None;
    let restored = restore::restore(
        config,
        &[0],
        POSITION_VERSION,
        &mut || match shutdown.is_requested() {
            true => Err(Failure::Abort("shutdown".to_owned())),
            false => Ok(()),
        },
        &mut |_, key, position: Position| {
            if key == name {
                last = Some(position);
            }
            Ok(())
        },
    );
    match restored {
        Err(Failure::Stop(error)) => return Err(error),
        // On shutdown the source is not started.
        Err(Failure::Abort(_)) => {}
        Ok(_) if last.is_none() => first_start(config, name, partitions)?,
        Ok(_) => {}
    }
    Ok(last.unwrap_or_default())
}

/// Sees whether a source without a position can be one that has never been
/// published. A compacted topic loses no records at its beginning unless somebody
/// deletes them; one that was deleted and made anew looks like one that was never
/// there, of which no more can be said than that there are trades already.
fn first_start(config: &KafkaConfig, name: &str, partitions: i32) -> Result<(), Error> {
    let (changelog, output) = (config.changelog_topic(), &config.output_topic);
    let look = |topic: &str, partition| {
        let extent = Topic::open(config, topic)?.extent(partition);
        extent.map_err(Error::kafka(format!("look at topic {topic}")))
    };
    let low = look(&changelog, 0)?.low;
    if low > 0 {
        let problem = format!(
            "it has no position of source '{name}', and its records before offset {low} were \
             deleted: trades would be published twice"
        );
        return Err(Error::Changelog { topic: changelog, partition: 0, problem });
    }
    for partition in 0..partitions {
        if look(output, partition)?.high > 0 {
            tracing::warn!(
                source = name,
                "begins at its start, as {changelog} has no position of it, and topic {output} \
                 has records already"
            );
            break;
        }
    }
    Ok(())
}
