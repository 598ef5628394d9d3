//! Fetches from noida-db as a Kafka broker answers them. noida-db 0.2.3 lists
//! every aborted transaction of a partition in every answer, also those that
//! ended before the fetched offset. A client cannot tell, takes the producer for
//! one that is still in that transaction, and drops all that it has committed
//! since. Here the list is cut to the transactions that reach into the answer.
//! noida-db also answers at once when there is nothing, which makes an idle
//! client spin, and ignores the size limit of a partition; both are kept here.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use kafka_protocol::messages::fetch_request::FetchPartition;
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use kafka_protocol::records::RecordBatchDecoder;
use noida::kafka::engine::Engine;

const READ_UNCOMMITTED: i8 = 0;
const BATCH_HEADER: usize = 61;
const CONTROL: i16 = 0x20;

/// Answers when there is a record, or when the client's patience ends.
pub(super) fn fetch(engine: &Engine, request: &FetchRequest, version: i16) -> FetchResponse {
    let patience = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0));
    let deadline = Instant::now() + patience;
    loop {
        let mut response = engine.handle_fetch(request, version);
        let mut news = false;
        for (asked, topic) in request.topics.iter().zip(&mut response.responses) {
            for (asked, data) in asked.partitions.iter().zip(&mut topic.partitions) {
                cut_aborted(engine, request, version, &topic.topic, asked, data);
                cut_size(asked, data);
                news |=
                    data.error_code != 0 || data.records.as_ref().is_some_and(|r| !r.is_empty());
            }
        }
        if news || Instant::now() >= deadline {
            return response;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Drops the aborted transactions that ended before the fetched offset.
fn cut_aborted(
    engine: &Engine,
    request: &FetchRequest,
    version: i16,
    topic: &kafka_protocol::messages::TopicName,
    asked: &FetchPartition,
    data: &mut PartitionData,
) {
    let Some(aborted) = &mut data.aborted_transactions else {
        return;
    };
    let offset = asked.fetch_offset;
    // Of a producer's transactions that began before the offset only the last
    // can reach over it.
    let mut latest: BTreeMap<i64, i64> = BTreeMap::new();
    for transaction in aborted.iter().filter(|t| t.first_offset < offset) {
        let first = latest.entry(transaction.producer_id.0).or_insert(i64::MIN);
        *first = (*first).max(transaction.first_offset);
    }
    if !latest.is_empty() {
        // The markers may lie beyond what a committed reader is shown.
        let mut whole = request.clone();
        whole.isolation_level = READ_UNCOMMITTED;
        whole.topics.retain(|t| &t.topic == topic);
        for t in &mut whole.topics {
            t.partitions.retain(|p| p.partition == asked.partition);
        }
        let whole = engine.handle_fetch(&whole, version);
        let records = whole
            .responses
            .first()
            .and_then(|t| t.partitions.first())
            .and_then(|p| p.records.clone())
            .unwrap_or_default();
        latest.retain(|&producer, _| {
            let first_inside = aborted
                .iter()
                .filter(|t| t.producer_id.0 == producer && t.first_offset >= offset)
                .map(|t| t.first_offset)
                .min();
            let marker = batches(&records)
                .find(|b| b.is_control && b.producer == producer && b.offset >= offset);
            marker.is_some_and(|marker| {
                marker.is_abort() && first_inside.is_none_or(|first| marker.offset < first)
            })
        });
    }
    aborted.retain(|t| {
        t.first_offset >= offset || latest.get(&t.producer_id.0) == Some(&t.first_offset)
    });
}

/// Keeps whole batches up to the partition's limit, one at least.
fn cut_size(asked: &FetchPartition, data: &mut PartitionData) {
    let limit = usize::try_from(asked.partition_max_bytes).unwrap_or(0);
    if let Some(records) = &mut data.records
        && records.len() > limit
    {
        let mut end = 0;
        for batch in batches(records) {
            if end > 0 && end + batch.bytes.len() > limit {
                break;
            }
            end += batch.bytes.len();
        }
        records.truncate(end);
    }
}

struct Batch {
    offset: i64,
    producer: i64,
    is_control: bool,
    bytes: Bytes,
}

impl Batch {
    /// Whether this control batch ends its transaction by an abort.
    fn is_abort(&self) -> bool {
        let set = RecordBatchDecoder::decode(&mut self.bytes.clone());
        let key =
            set.ok().and_then(|set| set.records.into_iter().next()).and_then(|record| record.key);
        // Version of the marker, then its type: 0 aborts, 1 commits.
        key.is_some_and(|key| key.get(2..4) == Some(&[0, 0]))
    }
}

/// The record batches of a fetch answer.
fn batches(records: &Bytes) -> impl Iterator<Item = Batch> {
    let mut rest = records.clone();
    std::iter::from_fn(move || {
        let header = rest.get(..BATCH_HEADER)?;
        let offset = i64::from_be_bytes(header.get(..8)?.try_into().ok()?);
        let length = i32::from_be_bytes(header.get(8..12)?.try_into().ok()?);
        let attributes = i16::from_be_bytes(header.get(21..23)?.try_into().ok()?);
        let producer = i64::from_be_bytes(header.get(43..51)?.try_into().ok()?);
        let size = usize::try_from(length).ok()? + 12;
        if size > rest.len() {
            return None;
        }
        Some(Batch {
            offset,
            producer,
            is_control: attributes & CONTROL != 0,
            bytes: rest.split_to(size),
        })
    })
}
