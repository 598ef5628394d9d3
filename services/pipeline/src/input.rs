//! Where the input is read on: after what the group has committed, if the topic
//! still has it. A client that is left alone with an offset that is not there any
//! more begins anew, or jumps over what is lost, and says nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};

use crate::assignment::Member;
use crate::committed::{Extent, Patience, Topic};
use crate::config::KafkaConfig;
use crate::error::{Error, Failure};
use crate::meter::Throttle;
use crate::shutdown::Shutdown;

const CALL: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// Where the group has left off in each partition, if it ever was there, once no
/// transaction with these offsets is open; `None` on shutdown.
pub(crate) fn committed_offsets(
    topic: &str,
    partitions: &[i32],
    member: &Member,
    shutdown: &Shutdown,
) -> Result<Option<BTreeMap<i32, Option<i64>>>, Failure> {
    let mut failures = Throttle::default();
    loop {
        let mut list = TopicPartitionList::new();
        for &partition in partitions {
            list.add_partition(topic, partition);
        }
        let problem = match member.consumer().committed_offsets(list, CALL) {
            Ok(offsets) => {
                let elements = offsets.elements();
                let failed = elements.iter().find_map(|e| e.error().err());
                if failed.is_none() {
                    let committed = elements.iter().map(|e| match e.offset() {
                        Offset::Offset(offset) => (e.partition(), Some(offset)),
                        _ => (e.partition(), None),
                    });
                    return Ok(Some(committed.collect()));
                }
                failed
            }
            Err(error) => Some(error),
        };
        if shutdown.is_requested() {
            return Ok(None);
        }
        if let Some(error) = problem
            && let Some(held_back) = failures.admit()
        {
            tracing::warn!(held_back, "the group's offsets cannot be had yet: {error}");
        }
        std::thread::sleep(PAUSE);
    }
}

/// What the topic has of these partitions.
pub(crate) fn extents(
    config: &KafkaConfig,
    partitions: &[i32],
    patience: Patience<'_>,
) -> Result<BTreeMap<i32, Extent>, Failure> {
    let topic = Topic::open(config, &config.input_topic)?;
    let mut extents = BTreeMap::new();
    for &partition in partitions {
        extents.insert(partition, topic.known_extent(partition, patience)?);
    }
    Ok(extents)
}

/// Of what comes from this offset on, the first offset that the partition still
/// has. What was deleted before it was read cannot be brought back, and may have
/// been no more than the marker of a transaction: it is told, and passed over.
///
/// # Errors
/// [`Error::Input`] when the partition ends before the offset.
pub(crate) fn first_left(config: &KafkaConfig, offset: i64, extent: Extent) -> Result<i64, Error> {
    let (topic, group) = (&config.input_topic, &config.consumer_group);
    let Extent { partition, low, high } = extent;
    if offset > high {
        let problem = format!(
            "it ends at offset {high}, but group {group} has read up to offset {offset}: the topic \
             was made anew, or its end was cut off, and what it has now may have been counted"
        );
        return Err(Error::Input { topic: topic.clone(), partition, problem });
    }
    if offset < low {
        tracing::error!(
            topic,
            partition,
            offset,
            begins = low,
            skipped = low - offset,
            "input is lost: group {group} has read up to offset {offset}, and what follows was \
             deleted up to offset {low}, where it goes on"
        );
    }
    Ok(offset.max(low))
}
