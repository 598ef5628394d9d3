//! How far behind its input an instance is, by the client's own statistics: for
//! the metrics, and to know which partitions have been read to their end.

use std::collections::BTreeMap;

use metrics::gauge;
use rdkafka::statistics::Statistics;

/// Records per partition that are committed and not yet read.
pub(crate) type Lags = BTreeMap<i32, i64>;

/// The lags in a client's statistics. The client counts for itself; asking the
/// broker would cost a round trip a partition. What is in the client's queue has
/// not been read. Markers of transactions that it has passed over count no more,
/// which they would in offsets.
pub(crate) fn of(statistics: &Statistics) -> Lags {
    let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
    partitions
        // Before the first answer to a fetch the offsets are negative.
        .filter(|p| p.fetch_state == "active" && p.ls_offset >= 0 && p.next_offset >= 0)
        .map(|p| (p.partition, (p.ls_offset - p.next_offset).max(0) + p.fetchq_cnt))
        .collect()
}

/// The lags of one service over time.
#[derive(Debug)]
pub(crate) struct Lag {
    service: &'static str,
    shown: Lags,
}

impl Lag {
    pub(crate) fn of(service: &'static str) -> Lag {
        Lag { service, shown: Lags::new() }
    }

    /// Shows the lags of these partitions, and returns those that have been read
    /// to their end now and the time before: just after an assignment the client
    /// may still count by what it knew earlier.
    pub(crate) fn note(&mut self, mut lags: Lags, assigned: &[i32]) -> Vec<i32> {
        lags.retain(|partition, _| assigned.contains(partition));
        for partition in self.shown.keys().filter(|p| !lags.contains_key(p)) {
            self.show(*partition, 0);
        }
        for (&partition, &lag) in &lags {
            self.show(partition, lag);
        }
        let at_end = |lags: &Lags, partition| lags.get(partition) == Some(&0);
        let read = lags.keys().filter(|p| at_end(&lags, p) && at_end(&self.shown, p));
        let read = read.copied().collect();
        self.shown = lags;
        read
    }

    /// Forgets all partitions: they are somebody else's, or begin anew.
    pub(crate) fn forget(&mut self) {
        self.note(Lags::new(), &[]);
    }

    fn show(&self, partition: i32, lag: i64) {
        let partition = partition.to_string();
        let gauge =
            gauge!("pipeline_lag_records", "service" => self.service, "partition" => partition);
        gauge.set(lag as f64);
    }
}
