//! The topics `<topic>.dlq` and `<topic>.late`, for whoever looks after them: what
//! is in them and why, and the way back for what can be read by now.
//!
//! A letter goes back together with a mark that it did, in one transaction. The
//! marks are a compacted topic, `<topic>.dlq.redriven`; whatever has one is left
//! alone. So a letter goes back once, however often it is asked for and wherever a
//! run was killed, and also when some go back today and others tomorrow.

mod letter;

use std::collections::{BTreeMap, HashSet};

use rdkafka::Offset;
use rdkafka::message::{Message, OwnedHeaders};

pub use letter::{Letter, Origin};

use crate::committed::Topic;
use crate::config::{Defaults, KafkaConfig};
use crate::error::{Error, Failure};
use crate::sink::Outgoing;
use crate::topics;
use crate::transaction::Transaction;

/// The group of who looks after them where nothing else is configured; topics there
/// are none, as each call names its own.
pub const DEFAULTS: Defaults =
    Defaults { input_topic: "", output_topic: "", consumer_group: "pipeline-admin" };

/// A transaction holds no more letters, or bytes, than this.
const MOST_LETTERS: usize = 500;
const MOST_BYTES: usize = 16 << 20;
/// Size of a batch of letters in bytes, which is one at least. Each fits into the
/// topic that it came from; whether two do, this client may have no right to ask.
const ONE_EACH: u64 = 1;
/// Of a topic for late input.
const LATE: &str = ".late";

/// Which letters are meant: those for which all holds that is set.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this partition of the dead-letter topic.
    pub partition: Option<i32>,
    /// From this offset of the dead-letter topic.
    pub from_offset: Option<i64>,
    /// Up to and with this offset.
    pub to_offset: Option<i64>,
    /// With this text in the reason.
    pub reason: Option<String>,
    /// From this service.
    pub service: Option<String>,
}

impl Filter {
    fn admits(&self, letter: &Letter) -> bool {
        self.reason.as_ref().is_none_or(|text| letter.label("reason").contains(text))
            && self.service.as_ref().is_none_or(|name| letter.label("service") == name)
    }
}

/// What a re-drive did, in letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// That the filter admits.
    pub matched: u64,
    /// That went back to their topic; in a dry run, that would have.
    pub sent: u64,
    /// That had gone back before.
    pub before: u64,
    /// That do not say where they came from, or lack a value that was too large.
    pub unusable: u64,
}

/// Shows every letter in a topic that the filter admits, by partition and offset,
/// as long as `each` says so. What arrives meanwhile is not shown.
///
/// # Errors
/// When the topic does not exist or cannot be read.
pub fn list(
    config: &KafkaConfig,
    topic: &str,
    filter: &Filter,
    each: &mut dyn FnMut(Letter) -> bool,
) -> Result<(), Error> {
    existing(config, topic)?;
    let marks = marks(config, topic)?;
    walk(config, topic, filter, &marks, &mut |letter| Ok(each(letter)))
        .map_err(|failure| stopped(failure, topic))
}

/// Sends the letters that the filter admits back to where they came from, each as
/// it was: key, value, headers and partition. Only its time is new, as a topic
/// deletes its records by that.
///
/// # Errors
/// When the topic does not exist, cannot be read or holds late input, when another
/// re-drive of it takes over, or when a letter cannot be written. What was
/// committed before stays, and is not repeated by the next run.
pub fn redrive(
    config: &KafkaConfig,
    topic: &str,
    filter: &Filter,
    dry_run: bool,
) -> Result<Report, Error> {
    if topic.ends_with(LATE) {
        let problem = "holds late input, which would be late again: candles decide by event \
                       time, and that has passed. Replay the trades into another \
                       KAFKA_CONSUMER_GROUP with a larger CANDLE_GRACE_MS instead"
            .to_owned();
        return Err(Error::Topic { topic: topic.to_owned(), problem });
    }
    existing(config, topic)?;
    let mut transaction = None;
    if !dry_run {
        topics::prepare_redrive(config, topic, &marks_of(topic))?;
        // An earlier run that was killed is over from here on: its open
        // transaction is aborted before the marks are read.
        let id = format!("redrive-{topic}");
        transaction = Some(Transaction::take_over(config, &id, ONE_EACH)?);
    }
    let mut running = Redrive { marks: marks_of(topic), transaction, batch: Vec::new(), bytes: 0 };
    let marks = marks(config, topic)?;
    let mut report = Report::default();
    let done = walk(config, topic, filter, &marks, &mut |letter| {
        report.matched += 1;
        if letter.redriven {
            report.before += 1;
        } else if letter.is_whole() {
            report.sent += 1;
            running.add(letter)?;
        } else {
            report.unusable += 1;
        }
        Ok(true)
    });
    match done.and_then(|()| running.send()) {
        Ok(()) => Ok(report),
        Err(failure) => {
            if let Some(transaction) = &mut running.transaction {
                transaction.abort().ok();
            }
            Err(stopped(failure, topic))
        }
    }
}

struct Redrive {
    /// The topic of the marks.
    marks: String,
    /// `None` in a dry run.
    transaction: Option<Transaction>,
    batch: Vec<Letter>,
    bytes: usize,
}

impl Redrive {
    fn add(&mut self, letter: Letter) -> Result<(), Failure> {
        self.bytes += letter.payload.as_ref().map_or(0, Vec::len);
        self.batch.push(letter);
        match self.batch.len() >= MOST_LETTERS || self.bytes >= MOST_BYTES {
            true => self.send(),
            false => Ok(()),
        }
    }

    fn send(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        let Some(transaction) = &mut self.transaction else {
            return Ok(());
        };
        for letter in &batch {
            let Ok(origin) = &letter.origin else { continue };
            transaction.send(Outgoing {
                topic: &origin.topic,
                partition: Some(origin.partition),
                key: letter.key.as_deref(),
                payload: letter.payload.as_deref(),
                headers: letter.own_headers(),
            })?;
            transaction.send(Outgoing {
                topic: &self.marks,
                partition: Some(letter.partition),
                key: Some(letter.mark().as_bytes()),
                payload: Some(b"re-driven"),
                headers: OwnedHeaders::new(),
            })?;
        }
        transaction.commit(None)
    }
}

fn marks_of(topic: &str) -> String {
    format!("{topic}.redriven")
}

fn existing(config: &KafkaConfig, topic: &str) -> Result<i32, Error> {
    topics::partitions(config, topic)?.ok_or_else(|| Error::Topic {
        topic: topic.to_owned(),
        problem: "does not exist".to_owned(),
    })
}

type Marks = HashSet<(i32, Vec<u8>)>;

/// The marks of the letters that have gone back.
fn marks(config: &KafkaConfig, topic: &str) -> Result<Marks, Error> {
    let name = marks_of(topic);
    let mut marks = Marks::new();
    if topics::partitions(config, &name)?.is_none() {
        return Ok(marks);
    }
    let mut read = || -> Result<(), Failure> {
        let reader = Topic::open(config, &name)?;
        let mut from = Vec::new();
        for partition in reader.partitions()? {
            let extent = reader.settled_extent(partition, &mut || Ok(()))?;
            if extent.low < extent.high {
                from.push((partition, Offset::Beginning));
            }
        }
        reader.read(&from, &mut || Ok(()), &mut |mark| {
            marks.insert((mark.partition(), mark.key().unwrap_or_default().to_vec()));
            Ok(true)
        })
    };
    read().map_err(|failure| stopped(failure, &name))?;
    Ok(marks)
}

/// Reads a topic as far as it goes now.
fn walk(
    config: &KafkaConfig,
    topic: &str,
    filter: &Filter,
    marks: &Marks,
    each: &mut dyn FnMut(Letter) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let reader = Topic::open(config, topic)?;
    let mut partitions = reader.partitions()?;
    partitions.sort_unstable();
    partitions.retain(|&partition| filter.partition.is_none_or(|only| only == partition));
    let mut ends = BTreeMap::new();
    for &partition in &partitions {
        let extent = reader.settled_extent(partition, &mut || Ok(()))?;
        let from = filter.from_offset.map_or(extent.low, |from| from.max(extent.low));
        let end = filter.to_offset.map_or(extent.high, |to| to.saturating_add(1).min(extent.high));
        if from < end {
            ends.insert(partition, (from, end));
        }
    }
    let mut wanted = true;
    for (&partition, &(from, end)) in &ends {
        if !wanted {
            break;
        }
        // A letter that fails once more comes in at the end, after `end`.
        reader.read(&[(partition, Offset::Offset(from))], &mut || Ok(()), &mut |message| {
            if message.offset() >= end {
                return Ok(false);
            }
            let mut letter = Letter::of(message);
            letter.redriven = marks.contains(&(partition, letter.mark().into_bytes()));
            if filter.admits(&letter) {
                wanted = each(letter)?;
            }
            Ok(wanted)
        })?;
    }
    Ok(())
}

fn stopped(failure: Failure, topic: &str) -> Error {
    match failure {
        Failure::Stop(error) => error,
        Failure::Abort(reason) => Error::Topic {
            topic: topic.to_owned(),
            problem: format!("{reason}. Run it again: what has gone back does not go twice"),
        },
    }
}
