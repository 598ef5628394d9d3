//! Whether a consumer group has read all that there is.

use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};
use std::time::Duration;

use crate::committed::Topic;
use crate::config::KafkaConfig;
use crate::error::{Error, Failure};

/// Whether a committed reader that starts at the group's committed offsets finds
/// nothing more in any partition of the topic, and no transaction is open there.
/// As offsets, output and state are committed together, the group's output for
/// all of the topic is then committed too.
///
/// # Errors
/// When the topic cannot be looked at.
pub fn caught_up(kafka: &KafkaConfig, group: &str, topic: &str) -> Result<bool, Error> {
    let config = KafkaConfig { consumer_group: group.to_owned(), ..kafka.clone() };
    let look = Error::kafka(format!("look at the offsets of group {group}"));
    let name = topic;
    let topic = Topic::open(&config, name)?;
    let mut list = TopicPartitionList::new();
    for partition in topic.partitions()? {
        list.add_partition(name, partition);
    }
    let offsets =
        topic.committed().committed_offsets(list, Duration::from_secs(5)).map_err(look)?;
    let mut from = Vec::new();
    for element in offsets.elements() {
        let partition = element.partition();
        let look = || Error::kafka(format!("look at topic {name}, partition {partition}"));
        let extent = topic.extent(partition).map_err(look())?;
        if !topic.is_settled(extent).map_err(look())? {
            return Ok(false);
        }
        match element.offset() {
            Offset::Offset(offset) if offset >= extent.high => {}
            Offset::Offset(offset) => from.push((partition, Offset::Offset(offset))),
            _ if extent.low == extent.high => {}
            _ => from.push((partition, Offset::Beginning)),
        }
    }
    let mut found = false;
    let read = topic.read(&from, &mut || Ok(()), &mut |_| {
        found = true;
        Ok(false)
    });
    match read {
        Ok(()) => Ok(!found),
        Err(Failure::Stop(error)) => Err(error),
        Err(Failure::Abort(_)) => Ok(false),
    }
}
