//! A source's trades are published once each, whatever happens on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use pipeline::message::Trade;
use pipeline::source::{Event, Position, Source, SourceError};
use pipeline::{Error, Health, KafkaConfig, Shutdown};
use std::cell::RefCell;
use std::future::Future;
use std::io::Write;
use std::pin::Pin;
use std::sync::Once;
use std::time::Duration;
use support::*;
use tokio::sync::mpsc::Sender;

/// Sends its trades from the position on, and then does what `then` says.
struct Listed {
    trades: Vec<Trade>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    End,
    Fail,
    Hang,
}

impl Source for Listed {
    fn name(&self) -> String {
        "listed".to_owned()
    }

    fn run(
        self: Box<Self>,
        position: Position,
        events: Sender<Event>,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let done = usize::try_from(position.trades)?;
            for trade in &self.trades[..done] {
                let last = position.last_trade_ids[&trade.pair];
                assert!(last >= trade.trade_id, "{last} was published after {}", trade.trade_id);
            }
            for trade in self.trades.into_iter().skip(done) {
                events.send(Event::Clock(trade.timestamp_ms)).await?;
                events.send(Event::Trade(trade)).await?;
            }
            match self.then {
                Then::End => events.send(Event::End).await?,
                Then::Fail => return Err("the exchange is on fire".into()),
                Then::Hang => std::future::pending().await,
            }
            Ok(())
        })
    }
}

fn publish(config: &KafkaConfig, trades: Vec<Trade>, then: Then) -> Result<(), Error> {
    let source = Box::new(Listed { trades, then });
    pipeline::source::run(source, config, &Health::new(), &Shutdown::new())
}

fn published(config: &KafkaConfig) -> (Vec<Trade>, Vec<Plain>) {
    let (beats, trades): (Vec<_>, Vec<_>) = read(&config.output_topic, "read_committed")
        .into_iter()
        .partition(|record| record.header("type").as_deref() == Some("heartbeat"));
    // With the group: another process with a source of this kind has another clock.
    let source = format!("{}-listed", config.consumer_group);
    assert!(beats.iter().all(|beat| beat.header("source").as_ref() == Some(&source)));
    let mut trades: Vec<Trade> = trades
        .iter()
        .map(|record| {
            let trade: Trade = serde_json::from_slice(record.payload.as_ref().unwrap()).unwrap();
            assert_eq!(record.key.as_deref(), Some(trade.pair.as_bytes()));
            // The message says it.
            assert_eq!(record.header("event-time"), None);
            assert_eq!(record.header("schema").as_deref(), Some("1"));
            assert_eq!(record.header("source"), Some(source.clone()));
            trade
        })
        .collect();
    trades.sort_by_key(|trade| trade.trade_id);
    (trades, beats)
}

#[test]
fn a_source_that_ends_is_published_whole_and_its_end_reaches_every_partition() {
    let config = config("publish");
    let all = trades(0..500);
    publish(&config, all.clone(), Then::End).unwrap();
    let (found, beats) = published(&config);
    assert_eq!(found, all);
    let mut ends: Vec<i32> = beats
        .iter()
        .filter(|beat| {
            let payload = String::from_utf8(beat.payload.clone().unwrap()).unwrap();
            payload == r#"{"timestamp_ms":1000499,"end":true}"#
        })
        .map(|beat| beat.partition)
        .collect();
    ends.sort_unstable();
    assert_eq!(ends, [0, 1, 2, 3]);

    // Once more from its end: nothing is left to publish.
    publish(&config, all.clone(), Then::End).unwrap();
    assert_eq!(published(&config).0, all);
}

#[test]
fn what_a_source_sent_before_it_failed_is_published_and_not_again() {
    let config = config("fail");
    let all = trades(0..300);
    let error = publish(&config, all[..120].to_vec(), Then::Fail).unwrap_err();
    assert!(error.to_string().contains("'listed' stopped: the exchange is on fire"), "{error}");
    assert_eq!(published(&config).0, all[..120]);
    publish(&config, all.clone(), Then::End).unwrap();
    assert_eq!(published(&config).0, all);
}

#[test]
fn a_trade_that_makes_no_sense_stops_the_source_after_those_before_it() {
    let config = config("sense");
    let mut all = trades(0..20);
    all[10].price = f64::NAN;
    let error = publish(&config, all.clone(), Then::End).unwrap_err().to_string();
    assert!(error.contains("trade 10 of P0/X: price is NaN"), "{error}");
    assert_eq!(published(&config).0, all[..10]);
}

#[test]
fn a_publisher_that_is_gone_in_mid_transaction_leaves_nothing_and_the_next_one_goes_on() {
    let config = config("gone");
    let all = trades(0..200);
    // It never commits; its thread is left hanging, like a paused process.
    let slow = KafkaConfig { commit_interval: Duration::from_secs(60), ..config.clone() };
    let part = all[..50].to_vec();
    let wake = Shutdown::new();
    let shutdown = wake.clone();
    let zombie = std::thread::spawn(move || {
        let source = Box::new(Listed { trades: part, then: Then::Hang });
        pipeline::source::run(source, &slow, &Health::new(), &shutdown)
    });
    wait_until("trades on their way", || {
        let topics = consumer("read_uncommitted");
        let metadata =
            rdkafka::consumer::Consumer::fetch_metadata(&topics, None, Duration::from_secs(5));
        let exists = metadata.unwrap().topics().iter().any(|t| t.name() == config.output_topic);
        exists && read(&config.output_topic, "read_uncommitted").len() >= 250
    });
    assert_eq!(published(&config).0, []);
    publish(&config, all.clone(), Then::End).unwrap();
    assert_eq!(published(&config).0, all);
    // Woken up, it tries to commit, and must not.
    wake.request();
    let woken = zombie.join().unwrap();
    assert!(matches!(woken, Err(Error::Fenced { .. })), "{woken:?}");
    assert_eq!(published(&config).0, all);
}

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread that has something to say.
struct OwnLog;

impl Write for OwnLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What `run` logs on this thread. The subscriber is the whole process's: one of this
/// thread alone would miss what another test's thread happened to say first.
fn logged(run: impl FnOnce()) -> String {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        tracing_subscriber::fmt().with_ansi(false).with_writer(|| OwnLog).init();
    });
    LOG.take();
    run();
    String::from_utf8(LOG.take()).unwrap()
}

#[test]
fn a_position_that_was_deleted_is_no_first_start() {
    let config = config("emptied");
    let all = trades(0..50);
    let first = logged(|| publish(&config, all.clone(), Then::End).unwrap());
    assert!(!first.contains("begins at its start"), "{first}");

    // Brokers delete records before their time only where a topic is not compacted.
    let changelog = config.changelog_topic();
    set(&changelog, "cleanup.policy", "delete");
    empty(&changelog);
    set(&changelog, "cleanup.policy", "compact");
    let error = publish(&config, all.clone(), Then::End).unwrap_err().to_string();
    let expected = "it has no position of source 'listed', and its records before offset";
    assert!(error.contains(expected) && error.contains(&changelog), "{error}");
    assert!(!error.contains('\n'), "{error}");
    assert_eq!(published(&config).0, all);

    // Nothing tells a changelog that was made anew from the first one.
    delete(&changelog);
    let again = logged(|| publish(&config, all.clone(), Then::End).unwrap());
    let expected = format!("topic {} has records already", config.output_topic);
    assert!(again.contains(&expected) && again.contains("WARN"), "{again}");
    assert_eq!(published(&config).0.len(), 100);
}
