//! The loop: one Kafka transaction after the other, each with the output, the
//! changed state and the input offsets of a batch of records. What is in memory
//! never runs ahead of the log: whenever a transaction is not committed, memory
//! is dropped and restored from what is.

use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use crate::assignment::{Change, Member};
use crate::complaints::Complaints;
use crate::config::KafkaConfig;
use crate::contracts;
use crate::error::{Error, Failure};
use crate::input;
use crate::lag::Lag;
use crate::marker::agreed_offset;
use crate::processor::Processor;
use crate::restore::{self, Restored};
use crate::shutdown::{Health, Shutdown};
use crate::step::Step;
use crate::topics;
use crate::transaction::Transaction;

/// A transaction is committed after this many records, however short its time. So
/// many are not reached in a second; what an abort does over is bounded.
const MOST_RECORDS: u32 = 1_000_000;
/// Records between two looks at the clock, which costs as much as a small part of
/// a record's work.
const AT_ONCE: u32 = 64;
const IDLE_POLL: Duration = Duration::from_millis(100);

/// Runs a processor as a member of its consumer group until `shutdown`, on this
/// thread. Creates its topics where they are missing.
///
/// # Errors
/// When it cannot start (broker, topics, state) or go on: fenced off by another
/// process with the same instance name, or a refusal that repeating cannot mend.
/// Nothing that was not committed has left a trace then.
pub fn run<P: Processor>(
    processor: P,
    config: &KafkaConfig,
    health: &Health,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    topics::check_names(config)?;
    let codecs = contracts::of_step(&processor, config)?;
    let limits = topics::prepare_step(config, P::HAS_LATE)?;
    let transaction = Transaction::take_over(config, &config.transactional_id(), limits.batch)?;
    let mut running = Loop {
        step: Step::new(processor, codecs, config, limits, transaction.sink())?,
        transaction,
        assigned: None,
        records: 0,
        aborts: 0,
        complaints: Complaints::new(P::SERVICE, config),
        lag: Lag::of(P::SERVICE),
        config,
        health,
        shutdown,
    };
    let member = Member::join(config)?;
    tracing::info!(
        service = P::SERVICE,
        group = config.consumer_group,
        instance = config.instance_id,
        input = config.input_topic,
        output = config.output_topic,
        "started"
    );
    let result = running.run(&member);
    health.set_ready(false);
    if result.is_err() {
        // Committed readers need not wait for the broker to time it out. When
        // that fails, the first error is the one to tell.
        running.abort().ok();
    }
    if let Err(Error::Fenced { id, .. }) = &result {
        tracing::error!(service = P::SERVICE, id, "fenced");
    }
    tracing::info!(service = P::SERVICE, "stopped");
    result
}

struct Loop<'a, P: Processor> {
    step: Step<P>,
    transaction: Transaction,
    /// `None` while there is no assignment.
    assigned: Option<Vec<i32>>,
    /// In the open transaction.
    records: u32,
    /// In a row.
    aborts: u32,
    complaints: Complaints<'a>,
    lag: Lag,
    config: &'a KafkaConfig,
    health: &'a Health,
    shutdown: &'a Shutdown,
}

impl<P: Processor> Loop<'_, P> {
    fn run(&mut self, member: &Member) -> Result<(), Error> {
        while !self.shutdown.is_requested() {
            match self.turn(member) {
                Ok(()) => {}
                Err(Failure::Stop(error)) => return Err(error),
                Err(Failure::Abort(reason)) => self.recover(&reason, member)?,
            }
        }
        if member.has_change() {
            self.abort()?;
        }
        match self.commit(member) {
            Ok(()) => Ok(()),
            Err(Failure::Stop(error)) => Err(error),
            // The restart does it over.
            Err(Failure::Abort(reason)) => {
                tracing::warn!("the last transaction is given up: {reason}");
                self.abort()
            }
        }
    }

    /// Takes what is there, some records at most, and what follows from it.
    fn turn(&mut self, member: &Member) -> Result<(), Failure> {
        // Waits for the first record only: until the next commit is due, and no
        // longer than to notice a shutdown.
        let mut wait = self
            .transaction
            .began()
            .map_or(IDLE_POLL, |began| self.config.commit_interval.saturating_sub(began.elapsed()))
            .min(IDLE_POLL);
        for _ in 0..AT_ONCE {
            let polled = member.consumer().poll(std::mem::take(&mut wait));
            // The record just read belongs to the old assignment too. It is not
            // counted as read before it is committed, so it will come again.
            if member.has_change() {
                drop(polled);
                return self.answer_changes(member);
            }
            match polled {
                Some(Ok(message)) => {
                    self.records += 1;
                    self.step.record(&message, &mut self.transaction)?;
                }
                Some(Err(error)) => self.complaints.hear(error)?,
                None => {
                    self.step.idle()?;
                    break;
                }
            }
        }
        if let Some(lags) = member.new_lags() {
            let assigned = self.assigned.as_deref().unwrap_or_default();
            let at_end = self.lag.note(lags, assigned);
            self.step.tick(&at_end, &mut self.transaction)?;
        }
        let due = self
            .transaction
            .began()
            .is_some_and(|began| began.elapsed() >= self.config.commit_interval);
        if due || self.records >= MOST_RECORDS {
            self.commit(member)?;
        }
        Ok(())
    }

    fn commit(&mut self, member: &Member) -> Result<(), Failure> {
        let Some(began) = self.transaction.began() else {
            return Ok(());
        };
        self.step.before_commit(&mut self.transaction)?;
        let mut offsets = TopicPartitionList::new();
        for (&partition, &offset) in &self.step.offsets {
            offsets
                .add_partition_offset(&self.config.input_topic, partition, Offset::Offset(offset))
                .map_err(Error::kafka("list the offsets"))?;
        }
        let group = member
            .consumer()
            .group_metadata()
            .ok_or_else(|| Failure::Abort("the group has no metadata yet".to_owned()))?;
        self.transaction.commit(Some((offsets, group)))?;
        self.step.committed();
        self.step.meter.transaction_seconds.record(began.elapsed().as_secs_f64());
        self.records = 0;
        self.aborts = 0;
        Ok(())
    }

    fn abort(&mut self) -> Result<(), Error> {
        self.step.forget_outputs();
        self.transaction.abort()
    }

    /// Aborts, and goes back to what is committed.
    fn recover(&mut self, reason: &str, member: &Member) -> Result<(), Error> {
        tracing::warn!(service = P::SERVICE, "transaction aborted: {reason}");
        self.step.meter.aborts.increment(1);
        self.health.set_ready(false);
        self.abort()?;
        self.records = 0;
        // A cause that lasts should not keep the broker busy.
        self.aborts += 1;
        std::thread::sleep(Duration::from_millis(50) * self.aborts.min(20));
        if member.has_change() {
            return Ok(());
        }
        let Some(partitions) = self.assigned.clone() else {
            return Ok(());
        };
        member.consumer().unassign().map_err(Error::kafka("pause the input"))?;
        match self.take(&partitions, member) {
            Ok(()) => Ok(()),
            Err(Failure::Stop(error)) => Err(error),
            Err(Failure::Abort(reason)) => Err(Error::Kafka {
                action: format!("restore the state ({reason})"),
                reason: KafkaError::Canceled,
            }),
        }
    }

    fn answer_changes(&mut self, member: &Member) -> Result<(), Failure> {
        while let Some(change) = member.next_change() {
            // What is in flight was read under the old assignment.
            if self.transaction.began().is_some() {
                self.step.meter.aborts.increment(1);
                self.abort()?;
            }
            self.records = 0;
            self.health.set_ready(false);
            match change {
                Change::Revoked => {
                    let partitions = self.assigned.take().unwrap_or_default();
                    tracing::info!(service = P::SERVICE, ?partitions, "partitions revoked");
                    self.step.own(&[]);
                    self.lag.forget();
                    member
                        .consumer()
                        .unassign()
                        .map_err(Error::kafka("give back the partitions"))?;
                }
                Change::Assigned(partitions) => self.take(&partitions, member)?,
            }
        }
        Ok(())
    }

    /// Restores the state of these partitions, then reads on where it was left.
    fn take(&mut self, partitions: &[i32], member: &Member) -> Result<(), Failure> {
        let started = Instant::now();
        tracing::info!(service = P::SERVICE, ?partitions, "partitions assigned");
        self.assigned = Some(partitions.to_vec());
        self.step.own(partitions);
        self.lag.forget();
        // First the offsets: once they are stable, no earlier owner can commit
        // any more, and the changelog below its end is final.
        let (input, shutdown) = (&self.config.input_topic, self.shutdown);
        let Some(committed) = input::committed_offsets(input, partitions, member, shutdown)? else {
            return Ok(());
        };
        let complaints = &mut self.complaints;
        let mut patience = || wait(shutdown, member, complaints);
        let (processor, store) = (&mut self.step.processor, &mut self.step.store);
        let topic = self.config.changelog_topic();
        let restored = restore::restore(
            self.config,
            partitions,
            P::STATE_VERSION,
            &mut patience,
            &mut |partition, key, mut state| {
                processor.restored(key, &mut state).map_err(|problem| Error::State {
                    topic: topic.clone(),
                    partition,
                    key: key.to_owned(),
                    problem,
                })?;
                store.restore(partition, key, state);
                Ok(())
            },
        );
        // What there is to read is looked up last, as records may be deleted meanwhile.
        let restored = restored.and_then(|restored| {
            Ok((restored, input::extents(self.config, partitions, &mut patience)?))
        });
        let (Restored { bytes, mut found }, extents) = match restored {
            Ok(restored) => restored,
            Err(Failure::Abort(_)) if self.shutdown.is_requested() => return Ok(()),
            Err(failure) => return Err(failure),
        };
        let mut offsets = TopicPartitionList::new();
        for (&partition, &before) in &committed {
            let found = found.remove(&partition).unwrap_or_default();
            let mut offset = match agreed_offset(self.config, partition, before, found) {
                Ok(offset) => offset,
                // Whoever stood still in between has asked before the instance that took
                // over has gone on, and read what that has written.
                Err(_)
                    if input::committed_offsets(input, partitions, member, shutdown)?
                        != Some(committed.clone()) =>
                {
                    let reason = "the group's offsets have moved while the state was restored";
                    return Err(Failure::Abort(reason.to_owned()));
                }
                Err(error) => return Err(error.into()),
            };
            if let (Some(offset), Some(&extent)) = (&mut offset, extents.get(&partition)) {
                let left = input::first_left(self.config, *offset, extent)?;
                if left > *offset {
                    self.step.meter.skipped.increment(left.abs_diff(*offset));
                    // With the next commit it is told for the last time.
                    self.step.offsets.insert(partition, left);
                    *offset = left;
                }
                self.step.resume(partition, left);
            }
            let offset = offset.map_or(Offset::Beginning, Offset::Offset);
            offsets
                .add_partition_offset(&self.config.input_topic, partition, offset)
                .map_err(Error::kafka("list the offsets"))?;
        }
        if !self.step.offsets.is_empty() {
            self.transaction.begin()?;
        }
        member.consumer().assign(&offsets).map_err(Error::kafka("read the assigned partitions"))?;
        self.step.meter.restore_bytes.increment(bytes);
        self.step.meter.restore_seconds.record(started.elapsed().as_secs_f64());
        tracing::info!(
            service = P::SERVICE,
            ?partitions,
            keys = self.step.store.len(),
            bytes,
            milliseconds = started.elapsed().as_millis() as u64,
            "state restored"
        );
        self.health.set_ready(true);
        Ok(())
    }
}

/// Keeps the membership alive during a restore, and ends it on shutdown.
fn wait(
    shutdown: &Shutdown,
    member: &Member,
    complaints: &mut Complaints<'_>,
) -> Result<(), Failure> {
    if shutdown.is_requested() {
        return Err(Failure::Abort("shutdown".to_owned()));
    }
    // Nothing is assigned, so no record can come; a change is written down.
    match member.consumer().poll(Duration::ZERO) {
        Some(Err(error)) => complaints.hear(error),
        _ => Ok(()),
    }
}
