//! The producer's side of a Kafka transaction: begun with the first record,
//! committed with the input offsets, aborted when anything goes wrong. It sorts
//! the client's errors into those that an abort mends and those that nothing does.

use std::cell::Cell;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::clients::{self, Logged};
use crate::config::KafkaConfig;
use crate::error::Error;

const PATIENCE: Duration = Duration::from_secs(10);

/// Why a transaction cannot be committed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Abort, go back to the committed state, try again.
    Abort(String),
    /// Stop the service.
    Stop(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Stop(error)
    }
}

/// A record to send. Its timestamp is the time of sending and not that of the
/// event: retention goes by it, and brokers refuse times ahead of their clock.
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    /// By the key's hash where there is none.
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) payload: Option<&'a [u8]>,
    pub(crate) headers: OwnedHeaders,
}

pub(crate) struct Transaction {
    producer: Arc<BaseProducer<Logged>>,
    id: String,
    began: Option<Instant>,
    sent: u64,
    /// A call has not returned: no other one can do anything.
    hung: bool,
}

impl Transaction {
    /// Takes over the transactional id: whoever had it is fenced off, and its
    /// open transaction aborted, when this returns.
    pub(crate) fn take_over(config: &KafkaConfig, id: &str) -> Result<Transaction, Error> {
        let producer = Arc::new(clients::producer(config, id)?);
        let mut attempts = 0;
        while let Err(reason) = producer.init_transactions(PATIENCE) {
            attempts += 1;
            let retriable = matches!(&reason, KafkaError::Transaction(e) if e.is_retriable());
            if !retriable || attempts == 6 {
                return Err(Error::kafka(format!("take over the transactions of '{id}'"))(reason));
            }
        }
        Ok(Transaction { producer, id: id.to_owned(), began: None, sent: 0, hung: false })
    }

    /// When the open transaction began; `None` when there is none.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.began
    }

    /// Begins a transaction unless one is open.
    pub(crate) fn begin(&mut self) -> Result<(), Failure> {
        if self.began.is_none() {
            self.producer
                .begin_transaction()
                .map_err(|e| self.failure("begin a transaction", e))?;
            self.began = Some(Instant::now());
        }
        Ok(())
    }

    /// Sends a record in the open transaction, or in a new one.
    pub(crate) fn send(&mut self, outgoing: Outgoing<'_>) -> Result<(), Failure> {
        self.begin()?;
        self.sent += 1;
        if self.sent.is_multiple_of(1024) {
            self.producer.poll(Duration::ZERO);
        }
        let mut record = BaseRecord::<[u8], [u8]>::to(outgoing.topic).headers(outgoing.headers);
        record.partition = outgoing.partition;
        record.key = outgoing.key;
        record.payload = outgoing.payload;
        while let Err((error, unsent)) = self.producer.send(record) {
            match error {
                KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => {
                    record = unsent;
                    self.wait();
                }
                KafkaError::MessageProduction(
                    RDKafkaErrorCode::MessageSizeTooLarge
                    | RDKafkaErrorCode::UnknownTopic
                    | RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::UnknownTopicOrPartition,
                ) => {
                    return Err(
                        Error::kafka(format!("write to topic {}", outgoing.topic))(error).into()
                    );
                }
                error => return Err(self.failure("write", error)),
            }
        }
        Ok(())
    }

    /// Lets the client's threads work for a moment. The binding's own wait spins
    /// through what is less than a millisecond, while brokers may need the processor.
    fn wait(&self) {
        self.producer.poll(Duration::ZERO);
        std::thread::sleep(Duration::from_micros(200));
    }

    /// Commits, with the input offsets of a consumer group if there are any.
    pub(crate) fn commit(
        &mut self,
        offsets: Option<(TopicPartitionList, ConsumerGroupMetadata)>,
    ) -> Result<(), Failure> {
        if self.began.is_none() {
            return Ok(());
        }
        // The binding's own flush, which its commit begins with, sleeps in steps
        // of 100 ms while records are on their way.
        while self.producer.flush(Duration::ZERO).is_err() {
            self.wait();
        }
        if let Some((offsets, group)) = offsets {
            self.add_offsets(offsets, group)?;
        }
        self.retry("commit the transaction", |producer| producer.commit_transaction(PATIENCE))?;
        self.began = None;
        Ok(())
    }

    /// On a thread of its own: when the group's coordinator goes away meanwhile,
    /// librdkafka's call may not return at all, whatever its timeout
    /// (confluentinc/librdkafka#5456, #5511). Nothing mends that client; the service
    /// has to be started again.
    fn add_offsets(
        &mut self,
        offsets: TopicPartitionList,
        group: ConsumerGroupMetadata,
    ) -> Result<(), Failure> {
        const ACTION: &str = "add the offsets to the transaction";
        let (offsets, group) = (Arc::new(offsets), Arc::new(group));
        let hung = Cell::new(false);
        let added = self.retry(ACTION, |producer| {
            let (producer, offsets, group) =
                (Arc::clone(producer), Arc::clone(&offsets), Arc::clone(&group));
            let (answer, answered) = mpsc::channel();
            std::thread::spawn(move || {
                let added = producer.send_offsets_to_transaction(&offsets, &group, PATIENCE);
                answer.send(added).ok();
            });
            answered.recv_timeout(2 * PATIENCE).unwrap_or_else(|_| {
                hung.set(true);
                Err(KafkaError::Global(RDKafkaErrorCode::OperationTimedOut))
            })
        });
        self.hung = hung.get();
        added
    }

    /// Aborts the open transaction, if any: no committed reader sees it.
    pub(crate) fn abort(&mut self) -> Result<(), Error> {
        if self.began.is_none() {
            return Ok(());
        }
        if self.hung {
            let reason = KafkaError::Global(RDKafkaErrorCode::OperationTimedOut);
            return Err(Error::kafka("abort the transaction")(reason));
        }
        let aborted =
            self.retry("abort the transaction", |producer| producer.abort_transaction(PATIENCE));
        match aborted {
            Ok(()) => {
                self.began = None;
                Ok(())
            }
            Err(Failure::Stop(error)) => Err(error),
            Err(Failure::Abort(reason)) => Err(Error::Kafka {
                action: format!("abort the transaction ({reason})"),
                reason: KafkaError::Canceled,
            }),
        }
    }

    fn retry(
        &self,
        action: &str,
        call: impl Fn(&Arc<BaseProducer<Logged>>) -> Result<(), KafkaError>,
    ) -> Result<(), Failure> {
        while let Err(error) = call(&self.producer) {
            if !matches!(&error, KafkaError::Transaction(e) if e.is_retriable()) {
                return Err(self.failure(action, error));
            }
            tracing::warn!("could not {action} yet: {error}");
            self.producer.poll(Duration::from_millis(100));
        }
        Ok(())
    }

    fn failure(&self, action: &str, error: KafkaError) -> Failure {
        use RDKafkaErrorCode as Code;
        // After a fatal error every call says just that; the first one is why.
        let fatal = self.producer.client().fatal_error().map(|(code, _)| code);
        let error = fatal.map_or(error, KafkaError::Global);
        let fenced = matches!(
            error.rdkafka_error_code(),
            Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch)
        );
        match error {
            KafkaError::Transaction(e) if e.txn_requires_abort() => {
                Failure::Abort(format!("could not {action}: {e}"))
            }
            reason if fenced => Failure::Stop(Error::Fenced { id: self.id.clone(), reason }),
            // A record that the client refuses for the state of its transaction:
            // whether that can be aborted shows when it is.
            KafkaError::MessageProduction(code) if code != Code::Fatal => {
                Failure::Abort(format!("could not {action}: {code}"))
            }
            reason => Failure::Stop(Error::kafka(action)(reason)),
        }
    }
}
