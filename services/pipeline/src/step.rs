//! What is done with one record, and with what it changed: decode, step, send,
//! and before the commit the changelog. All of it happens inside one open
//! transaction; when that begins and ends is decided in `run`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use rdkafka::message::{BorrowedMessage, Message as _, OwnedHeaders};

use crate::codec::{self, Decoder};
use crate::config::KafkaConfig;
use crate::contracts::StepCodecs;
use crate::error::{Error, Failure};
use crate::incoming::{Copied, Labels, copied, labels};
use crate::marker::{self, Marker};
use crate::message::{Heartbeat, Message};
use crate::meter::{Meter, Throttle};
use crate::outputs::Outputs;
use crate::processor::{Outbox, Processor, Record, Refused};
use crate::restore;
use crate::sink::{Outgoing, Sink};
use crate::state::{SlotId, Store};
use crate::topics::Limits;
use crate::transaction::Transaction;

/// The reason on a late record; its other headers have the particulars.
const LATE: &str = "late: event time has passed what it belongs to";

/// What has happened in the open transaction. It counts once that is committed: what
/// is aborted is done over.
#[derive(Default)]
struct Counts {
    records: u64,
    dead_letters: u64,
    late: u64,
}

/// A processor with its state and the names of its topics.
pub(crate) struct Step<P: Processor> {
    pub(crate) processor: P,
    pub(crate) store: Store<P::State>,
    pub(crate) meter: Meter,
    /// Per partition, the offset after the last record of this transaction.
    pub(crate) offsets: BTreeMap<i32, i64>,
    /// Per partition, the same as of the last commit.
    positions: BTreeMap<i32, i64>,
    /// Of the outputs of this transaction.
    event_times_ms: Vec<i64>,
    counts: Counts,
    outbox: Outbox<P::Output>,
    outputs: Outputs<P::Output>,
    input: Decoder<P::Input>,
    heartbeat: Decoder<Heartbeat>,
    throttle: Throttle,
    late_throttle: Throttle,
    dead_letter_topic: String,
    late_topic: String,
    changelog_topic: String,
    limits: Limits,
}

impl<P: Processor> Step<P> {
    pub(crate) fn new(
        processor: P,
        codecs: StepCodecs<P>,
        config: &KafkaConfig,
        limits: Limits,
        sink: Sink,
    ) -> Result<Step<P>, Error> {
        let StepCodecs { input, heartbeat, output } = codecs;
        Ok(Step {
            processor,
            store: Store::new(),
            meter: Meter::new(P::SERVICE),
            offsets: BTreeMap::new(),
            positions: BTreeMap::new(),
            event_times_ms: Vec::new(),
            counts: Counts::default(),
            outbox: Outbox::default(),
            outputs: Outputs::new(output, &config.output_topic, sink)?,
            input,
            heartbeat,
            throttle: Throttle::default(),
            late_throttle: Throttle::default(),
            dead_letter_topic: config.dead_letter_topic(),
            late_topic: config.late_topic(),
            changelog_topic: config.changelog_topic(),
            limits,
        })
    }

    /// Owns these partitions from here on, with no state and nothing pending.
    pub(crate) fn own(&mut self, partitions: &[i32]) {
        self.store.own(partitions);
        self.offsets.clear();
        self.positions.clear();
        self.event_times_ms.clear();
        self.counts = Counts::default();
        self.outbox = Outbox::default();
    }

    /// Forgets the outputs that the producer does not have yet. Call it before the
    /// transaction is aborted: none of them is sent when it returns.
    pub(crate) fn forget_outputs(&mut self) {
        self.outputs.forget();
    }

    /// Goes on in a partition at this offset.
    pub(crate) fn resume(&mut self, partition: i32, offset: i64) {
        self.positions.insert(partition, offset);
    }

    /// Tells every key of these partitions the time, if the processor asks for it.
    pub(crate) fn tick(
        &mut self,
        partitions: &[i32],
        transaction: &mut Transaction,
    ) -> Result<(), Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let now_ms = now.and_then(|now| i64::try_from(now.as_millis()).ok());
        let Some(now_ms) = now_ms.filter(|_| self.processor.ticks()) else { return Ok(()) };
        for &partition in partitions {
            let Some(&position) = self.positions.get(&partition) else { continue };
            for id in self.store.in_key_order(partition) {
                let Some(slot) = self.store.slot(id) else { continue };
                self.processor.tick(now_ms, &slot.key, &mut slot.keyed, &mut self.outbox);
                if slot.keyed.is_changed() {
                    // The offset goes along though nothing was read: with it the
                    // broker checks that the partition is still ours.
                    self.offsets.entry(partition).or_insert(position);
                    transaction.begin()?;
                }
                self.store.note(id);
                self.send_outputs(transaction)?;
            }
        }
        Ok(())
    }

    /// Takes one record.
    pub(crate) fn record(
        &mut self,
        message: &BorrowedMessage<'_>,
        transaction: &mut Transaction,
    ) -> Result<(), Failure> {
        transaction.begin()?;
        self.counts.records += 1;
        let taken = match labels(message) {
            Ok(labels) => match labels.kind {
                None => self.message(message, &labels, transaction)?,
                Some(kind) if kind == codec::HEARTBEAT.as_bytes() => {
                    self.heartbeat(message, &labels, transaction)?
                }
                Some(kind) => Err(Refused(format!(
                    "header type is '{}', expected '{}' or none",
                    String::from_utf8_lossy(kind),
                    codec::HEARTBEAT
                ))),
            },
            Err(problem) => Err(Refused(problem)),
        };
        if let Err(Refused(reason)) = taken {
            self.dead_letter(message, &reason, transaction)?;
        }
        self.offsets.insert(message.partition(), message.offset() + 1);
        Ok(())
    }

    fn message(
        &mut self,
        message: &BorrowedMessage<'_>,
        labels: &Labels<'_>,
        transaction: &mut Transaction,
    ) -> Result<Result<(), Refused>, Failure> {
        let input = match self.input.decode(message.payload(), labels.schema)? {
            Ok(input) => input,
            Err(problem) => return Ok(Err(Refused(problem))),
        };
        if message.key() != Some(input.key().as_bytes()) {
            // In another partition than its own, its state would be another.
            let key = message.key().map(String::from_utf8_lossy);
            return Ok(Err(Refused(format!(
                "the record's key is '{}', expected '{}'",
                key.unwrap_or_default(),
                input.key()
            ))));
        }
        let record = match origin(message, labels, input.event_time_ms()) {
            Ok(record) => record,
            Err(refused) => return Ok(Err(refused)),
        };
        let Some(id) = self.store.find_or_create(record.partition, input.key()) else {
            return Ok(Ok(()));
        };
        if let Some(slot) = self.store.slot(id) {
            let step = &mut self.processor;
            if let Err(refused) = step.process(input, &record, &mut slot.keyed, &mut self.outbox) {
                return Ok(Err(refused));
            }
        }
        self.store.note(id);
        self.send_outputs(transaction)?;
        if let Some(headers) = self.outbox.take_late() {
            self.late(message, &headers, transaction)?;
        }
        Ok(Ok(()))
    }

    fn heartbeat(
        &mut self,
        message: &BorrowedMessage<'_>,
        labels: &Labels<'_>,
        transaction: &mut Transaction,
    ) -> Result<Result<(), Refused>, Failure> {
        let beat = match self.heartbeat.decode(message.payload(), labels.schema)? {
            Ok(beat) => beat,
            Err(problem) => return Ok(Err(Refused(problem))),
        };
        let record = match origin(message, labels, beat.event_time_ms()) {
            Ok(record) => record,
            Err(refused) => return Ok(Err(refused)),
        };
        for id in self.store.in_key_order(record.partition) {
            if let Some(slot) = self.store.slot(id) {
                let (processor, out) = (&mut self.processor, &mut self.outbox);
                processor.heartbeat(&beat, &record, &slot.key, &mut slot.keyed, out);
            }
            self.store.note(id);
            self.send_outputs(transaction)?;
        }
        Ok(Ok(()))
    }

    /// Called when no record is there to be taken.
    pub(crate) fn idle(&mut self) -> Result<(), Failure> {
        self.outputs.idle()
    }

    /// Sends what has to go with the commit: the processor's last words for each
    /// changed key, and its state.
    pub(crate) fn before_commit(&mut self, transaction: &mut Transaction) -> Result<(), Failure> {
        for id in self.store.take_changed() {
            if let Some(slot) = self.store.slot(id) {
                let (processor, out) = (&mut self.processor, &mut self.outbox);
                processor.before_commit(&slot.key, &mut slot.keyed, out);
            }
            self.send_outputs(transaction)?;
            self.send_state(id, transaction)?;
            self.store.settle(id);
        }
        self.send_markers(transaction)?;
        self.outputs.finish()?;
        self.meter.keys.set(self.store.len() as f64);
        Ok(())
    }

    /// Called after the commit.
    pub(crate) fn committed(&mut self) {
        self.positions.append(&mut self.offsets);
        let Counts { records, dead_letters, late } = std::mem::take(&mut self.counts);
        self.meter.records.increment(records);
        self.meter.outputs.increment(self.event_times_ms.len() as u64);
        self.meter.dead_letters.increment(dead_letters);
        self.meter.late.increment(late);
        self.meter.committed(self.event_times_ms.drain(..));
    }

    fn send_state(&mut self, id: SlotId, transaction: &mut Transaction) -> Result<(), Failure> {
        let Some(slot) = self.store.slot(id) else {
            return Ok(());
        };
        let bytes = restore::encode(slot.keyed.get(), &self.changelog_topic)?;
        restore::check_size(&self.changelog_topic, id.0, &slot.key, &bytes, self.limits.state)?;
        transaction.send(Outgoing {
            topic: &self.changelog_topic,
            partition: Some(id.0),
            key: Some(slot.key.as_bytes()),
            payload: Some(&bytes),
            headers: restore::headers(P::STATE_VERSION),
        })
    }

    fn send_markers(&self, transaction: &mut Transaction) -> Result<(), Failure> {
        for (&partition, &input_offset) in &self.offsets {
            let marker = Marker { input_offset, keys: self.store.kept(partition) };
            transaction.send(Outgoing {
                topic: &self.changelog_topic,
                partition: Some(partition),
                key: Some(marker::KEY),
                payload: Some(&marker.encode(&self.changelog_topic)?),
                headers: OwnedHeaders::new(),
            })?;
        }
        Ok(())
    }

    fn send_outputs(&mut self, transaction: &mut Transaction) -> Result<(), Failure> {
        for (output, timestamp_ms) in self.outbox.take_outputs() {
            transaction.begin()?;
            self.event_times_ms.push(timestamp_ms);
            self.outputs.push(output, timestamp_ms)?;
        }
        Ok(())
    }

    fn late(
        &mut self,
        message: &BorrowedMessage<'_>,
        headers: &[(&'static str, String)],
        transaction: &mut Transaction,
    ) -> Result<(), Failure> {
        self.counts.late += 1;
        if let Some(held_back) = self.late_throttle.admit() {
            tracing::warn!(
                service = P::SERVICE,
                topic = message.topic(),
                partition = message.partition(),
                offset = message.offset(),
                held_back,
                "late record: {headers:?}"
            );
        }
        let mut more = vec![("reason", LATE), ("service", P::SERVICE), ("version", P::VERSION)];
        more.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        self.copy(message, &self.late_topic, &more, transaction)
    }

    /// Sends a record as it came, with where it came from.
    fn copy(
        &self,
        message: &BorrowedMessage<'_>,
        topic: &str,
        more: &[(&str, &str)],
        transaction: &mut Transaction,
    ) -> Result<(), Failure> {
        let Copied { key, payload, headers } = copied(message, more, self.limits.copy);
        transaction.send(Outgoing { topic, partition: None, key, payload, headers })
    }

    fn dead_letter(
        &mut self,
        message: &BorrowedMessage<'_>,
        reason: &str,
        transaction: &mut Transaction,
    ) -> Result<(), Failure> {
        self.counts.dead_letters += 1;
        let reason = &*shortened(reason);
        if let Some(held_back) = self.throttle.admit() {
            tracing::warn!(
                service = P::SERVICE,
                topic = message.topic(),
                partition = message.partition(),
                offset = message.offset(),
                held_back,
                "dead letter: {reason}"
            );
        }
        let more = [("reason", reason), ("service", P::SERVICE), ("version", P::VERSION)];
        self.copy(message, &self.dead_letter_topic, &more, transaction)
    }
}

/// Cuts a text to some bytes, and says so. A reason may quote what it is about,
/// which may be of any length.
fn shortened(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 1_000;
    match text.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((at, _)) => Cow::Owned(format!("{}...", text.get(..at).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

fn origin<'a>(
    message: &BorrowedMessage<'_>,
    labels: &Labels<'a>,
    said_ms: Option<i64>,
) -> Result<Record<'a>, Refused> {
    let source = std::str::from_utf8(labels.source.unwrap_or_default())
        .map_err(|_| Refused("header source is not UTF-8".to_owned()))?;
    let timestamp_ms = match labels.event_time {
        None => said_ms.or_else(|| message.timestamp().to_millis()).unwrap_or(0),
        Some(digits) => {
            let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            number.ok_or_else(|| {
                let found = String::from_utf8_lossy(digits);
                Refused(format!("header event-time is '{found}', expected milliseconds since 1970"))
            })?
        }
    };
    Ok(Record {
        source,
        timestamp_ms,
        written_ms: message.timestamp().to_millis(),
        partition: message.partition(),
        offset: message.offset(),
    })
}
