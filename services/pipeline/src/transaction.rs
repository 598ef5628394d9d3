//! The producer's side of a Kafka transaction: begun with the first record,
//! committed with the input offsets, aborted when anything goes wrong.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, Producer};

use crate::clients::{self, Logged};
use crate::config::KafkaConfig;
use crate::error::{Error, Failure};
use crate::sink::{Outgoing, Sink};

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Transaction {
    sink: Sink,
    began: Option<Instant>,
    /// A call has not returned: no other one can do anything.
    hung: bool,
}

impl Transaction {
    /// Takes over the transactional id: whoever had it is fenced off, and its
    /// open transaction aborted, when this returns. No batch of several records is
    /// larger than `largest_batch`, in bytes.
    pub(crate) fn take_over(
        config: &KafkaConfig,
        id: &str,
        largest_batch: u64,
    ) -> Result<Transaction, Error> {
        let producer = clients::producer(config, id, largest_batch)?;
        let mut attempts = 0;
        while let Err(reason) = producer.init_transactions(PATIENCE) {
            attempts += 1;
            let retriable = matches!(&reason, KafkaError::Transaction(e) if e.is_retriable());
            if !retriable || attempts == 6 {
                return Err(Error::kafka(format!("take over the transactions of '{id}'"))(reason));
            }
        }
        Ok(Transaction { sink: Sink::new(producer, id), began: None, hung: false })
    }

    /// When the open transaction began; `None` when there is none.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.began
    }

    /// Begins a transaction unless one is open.
    pub(crate) fn begin(&mut self) -> Result<(), Failure> {
        if self.began.is_none() {
            self.sink
                .producer
                .begin_transaction()
                .map_err(|e| self.sink.failure("begin a transaction", e))?;
            self.began = Some(Instant::now());
        }
        Ok(())
    }

    /// Where another thread can send records of the open transaction, too. It must
    /// have sent them all before the transaction is committed or aborted.
    pub(crate) fn sink(&self) -> Sink {
        self.sink.clone()
    }

    /// Sends a record in the open transaction, or in a new one.
    pub(crate) fn send(&mut self, outgoing: Outgoing<'_>) -> Result<(), Failure> {
        self.begin()?;
        self.sink.send(outgoing)
    }

    /// Commits, with the input offsets of a consumer group if there are any.
    pub(crate) fn commit(
        &mut self,
        offsets: Option<(TopicPartitionList, ConsumerGroupMetadata)>,
    ) -> Result<(), Failure> {
        if self.began.is_none() {
            return Ok(());
        }
        match offsets {
            Some((offsets, group)) => self.add_offsets(offsets, group)?,
            None => self.sink.flush(),
        }
        self.retry("commit the transaction", |producer| producer.commit_transaction(PATIENCE))?;
        self.began = None;
        Ok(())
    }

    /// Adds the offsets, while the rest of the records goes to the brokers.
    ///
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
            thread::spawn(move || {
                let added = producer.send_offsets_to_transaction(&offsets, &group, PATIENCE);
                answer.send(added).ok();
            });
            self.sink.flush();
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
        let (producer, over) = (&self.sink.producer, AtomicBool::new(false));
        let aborted = thread::scope(|scope| {
            // The client reports what it drops, and waits until that has been heard.
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    producer.poll(Duration::from_millis(1));
                }
            });
            let aborted = self.retry("abort the transaction", |p| p.abort_transaction(PATIENCE));
            over.store(true, Ordering::Relaxed);
            aborted
        });
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
        while let Err(error) = call(&self.sink.producer) {
            if !matches!(&error, KafkaError::Transaction(e) if e.is_retriable()) {
                return Err(self.sink.failure(action, error));
            }
            tracing::warn!("could not {action} yet: {error}");
            self.sink.producer.poll(Duration::from_millis(100));
        }
        Ok(())
    }
}
