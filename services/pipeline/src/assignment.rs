//! The group's side: which partitions this instance has, and when that changes.
//! librdkafka reports a change from inside a poll, in the middle of a
//! transaction; here it is only written down, so that the loop answers it
//! between two records, in its own order: abort, forget, restore, assign.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;

use crate::clients;
use crate::config::KafkaConfig;
use crate::error::Error;
use crate::lag::{self, Lags};

/// A change that librdkafka waits to be answered: with `assign` or `unassign`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// These partitions, and no others, are this instance's now.
    Assigned(Vec<i32>),
    /// All partitions are taken away.
    Revoked,
}

#[derive(Debug, Default)]
pub(crate) struct Changes {
    waiting: Mutex<VecDeque<Change>>,
    any: AtomicBool,
    closing: AtomicBool,
    lags: Mutex<Option<Lags>>,
}

impl ClientContext for Changes {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "kafka", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // It comes back from the poll, which is where it is told.
        tracing::debug!(target: "kafka", "{error}: {reason}");
    }

    fn stats(&self, statistics: Statistics) {
        if let Ok(mut latest) = self.lags.lock() {
            *latest = Some(lag::of(&statistics));
        }
    }
}

impl ConsumerContext for Changes {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let change = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let mut numbers: Vec<i32> =
                    partitions.elements().iter().map(|e| e.partition()).collect();
                numbers.sort_unstable();
                Change::Assigned(numbers)
            }
            _ => Change::Revoked,
        };
        if self.closing.load(Ordering::Relaxed) {
            // Nobody is left to answer later, and the close waits for it.
            if let Err(error) = consumer.unassign() {
                tracing::warn!("could not give back partitions: {error}");
            }
            return;
        }
        if let Ok(mut waiting) = self.waiting.lock() {
            waiting.push_back(change);
            self.any.store(true, Ordering::Relaxed);
        }
    }
}

/// This instance as a member of the consumer group.
pub(crate) struct Member {
    consumer: BaseConsumer<Changes>,
}

impl Member {
    /// Joins the group for the input topic.
    pub(crate) fn join(config: &KafkaConfig) -> Result<Member, Error> {
        let consumer = clients::member(config, Changes::default())?;
        consumer
            .subscribe(&[&config.input_topic])
            .map_err(Error::kafka(format!("subscribe to topic {}", config.input_topic)))?;
        Ok(Member { consumer })
    }

    pub(crate) fn consumer(&self) -> &BaseConsumer<Changes> {
        &self.consumer
    }

    /// Whether a change waits for its answer. Cheap enough for every record.
    pub(crate) fn has_change(&self) -> bool {
        self.consumer.context().any.load(Ordering::Relaxed)
    }

    /// The lags, if they have been counted again since the last call.
    pub(crate) fn new_lags(&self) -> Option<Lags> {
        self.consumer.context().lags.lock().ok()?.take()
    }

    /// The next change to answer.
    pub(crate) fn next_change(&self) -> Option<Change> {
        let context = self.consumer.context();
        let mut waiting = context.waiting.lock().ok()?;
        let change = waiting.pop_front();
        context.any.store(!waiting.is_empty(), Ordering::Relaxed);
        change
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.consumer.context().closing.store(true, Ordering::Relaxed);
        // Answers a change that may still wait, or the close would wait for it.
        self.consumer.unassign().ok();
    }
}
