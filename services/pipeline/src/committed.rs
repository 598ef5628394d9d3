//! Reading what is committed, to its end: the primitive under the restore of
//! state and the question whether a group has caught up. Control records make
//! plain offset arithmetic wrong, so it asks the broker and really reads.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};

use crate::clients::{self, Isolation, Logged};
use crate::config::KafkaConfig;
use crate::error::{Error, Failure};
use crate::meter::Throttle;

const CALL: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(5);
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Called while waiting; an error ends the wait.
pub(crate) type Patience<'a> = &'a mut dyn FnMut() -> Result<(), Failure>;

/// Offsets of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) partition: i32,
    /// The first offset there is.
    pub(crate) low: i64,
    /// The first offset that no record has yet, open transactions included.
    pub(crate) high: i64,
}

/// A look at one topic, with and without open transactions.
pub(crate) struct Topic<'a> {
    name: &'a str,
    committed: BaseConsumer<Logged>,
    uncommitted: BaseConsumer<Logged>,
}

impl<'a> Topic<'a> {
    pub(crate) fn open(config: &KafkaConfig, name: &'a str) -> Result<Topic<'a>, Error> {
        Ok(Topic {
            name,
            committed: clients::reader(config, Isolation::Committed)?,
            uncommitted: clients::reader(config, Isolation::Uncommitted)?,
        })
    }

    pub(crate) fn partitions(&self) -> Result<Vec<i32>, Error> {
        let metadata = self
            .committed
            .fetch_metadata(Some(self.name), CALL)
            .map_err(Error::kafka(format!("look at topic {}", self.name)))?;
        Ok(metadata
            .topics()
            .iter()
            .flat_map(|topic| topic.partitions().iter().map(|p| p.id()))
            .collect())
    }

    pub(crate) fn committed(&self) -> &BaseConsumer<Logged> {
        &self.committed
    }

    /// Where a partition ends now.
    pub(crate) fn extent(&self, partition: i32) -> Result<Extent, KafkaError> {
        let (low, high) = self.watermarks(&self.uncommitted, partition)?;
        Ok(Extent { partition, low, high })
    }

    /// Whether every transaction that had written below `extent.high` has ended.
    pub(crate) fn is_settled(&self, extent: Extent) -> Result<bool, KafkaError> {
        let (_, stable) = self.watermarks(&self.committed, extent.partition)?;
        Ok(stable >= extent.high)
    }

    fn watermarks(
        &self,
        client: &BaseConsumer<Logged>,
        partition: i32,
    ) -> Result<(i64, i64), KafkaError> {
        client.fetch_watermarks(self.name, partition, CALL).inspect_err(|_| {
            // A client that knows the partition's leader to be gone does not ask for the
            // new one by itself: it would say the same for minutes.
            client.fetch_metadata(Some(self.name), CALL).ok();
        })
    }

    /// Where a partition ends, once all transactions up to there have ended: an
    /// earlier owner's last one may still be open, or its marker on its way.
    pub(crate) fn settled_extent(
        &self,
        partition: i32,
        patience: Patience<'_>,
    ) -> Result<Extent, Failure> {
        let started = Instant::now();
        let mut told = false;
        let mut failures = Throttle::default();
        let extent = self.ask(partition, &mut failures, patience, &|| self.extent(partition))?;
        while !self.ask(partition, &mut failures, patience, &|| self.is_settled(extent))? {
            if !told && started.elapsed() > Duration::from_secs(1) {
                told = true;
                tracing::info!(
                    "waiting for an earlier transaction on topic {}, partition {partition}, to end",
                    self.name
                );
            }
            patience()?;
            if started.elapsed() > PAUSE {
                std::thread::sleep(PAUSE);
            }
        }
        Ok(extent)
    }

    /// Where a partition ends now, as soon as a broker tells.
    pub(crate) fn known_extent(
        &self,
        partition: i32,
        patience: Patience<'_>,
    ) -> Result<Extent, Failure> {
        let mut failures = Throttle::default();
        self.ask(partition, &mut failures, patience, &|| self.extent(partition))
    }

    /// Asks until there is an answer.
    fn ask<T>(
        &self,
        partition: i32,
        failures: &mut Throttle,
        patience: Patience<'_>,
        question: &dyn Fn() -> Result<T, KafkaError>,
    ) -> Result<T, Failure> {
        loop {
            let error = match question() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.rdkafka_error_code() == Some(RDKafkaErrorCode::TopicAuthorizationFailed) {
                return Err(Error::kafka(format!("look at topic {}", self.name))(error).into());
            }
            if let Some(held_back) = failures.admit() {
                tracing::warn!(
                    held_back,
                    "could not look at topic {}, partition {partition} yet: {error}",
                    self.name
                );
            }
            std::thread::sleep(AFTER_FAILURE);
            patience()?;
        }
    }

    /// Reads each partition from its offset to the end of what is committed.
    /// `each` says whether to go on.
    pub(crate) fn read(
        &self,
        from: &[(i32, Offset)],
        patience: Patience<'_>,
        each: &mut dyn FnMut(&BorrowedMessage<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let mut list = TopicPartitionList::new();
        for &(partition, offset) in from {
            list.add_partition_offset(self.name, partition, offset)
                .map_err(Error::kafka(format!("read topic {}", self.name)))?;
        }
        let mut unread: Vec<i32> = from.iter().map(|&(partition, _)| partition).collect();
        self.committed.assign(&list).map_err(Error::kafka(format!("read topic {}", self.name)))?;
        let mut failures = Throttle::default();
        while !unread.is_empty() {
            match self.committed.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    if !each(&message)? {
                        break;
                    }
                    continue;
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    unread.retain(|&p| p != partition);
                }
                Some(Err(reason)) if is_lasting(&reason) => {
                    return Err(Error::kafka(format!("read topic {}", self.name))(reason).into());
                }
                Some(Err(error)) => {
                    if let Some(held_back) = failures.admit() {
                        tracing::warn!(
                            held_back,
                            "could not read topic {} yet: {error}",
                            self.name
                        );
                    }
                }
                None => {}
            }
            patience()?;
        }
        self.committed.unassign().map_err(Error::kafka(format!("read topic {}", self.name)))?;
        Ok(())
    }
}

/// Whether a reader that meets this error would wait for ever: it may not read the
/// topic, or there is none. The client has waited for a new topic to become known by
/// the time it says so.
fn is_lasting(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error,
        KafkaError::MessageConsumptionFatal(_)
            | KafkaError::MessageConsumption(
                Code::TopicAuthorizationFailed
                    | Code::UnknownTopic
                    | Code::UnknownPartition
                    | Code::UnknownTopicOrPartition
            )
    )
}
