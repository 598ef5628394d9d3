//! What a service counts, under one name each, with the label `service`.
//! `http` shows it; without a recorder it costs next to nothing.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

/// The counters of one service. Handles, so that counting needs no lookup.
pub(crate) struct Meter {
    pub(crate) records: Counter,
    pub(crate) outputs: Counter,
    pub(crate) dead_letters: Counter,
    pub(crate) late: Counter,
    pub(crate) skipped: Counter,
    pub(crate) aborts: Counter,
    pub(crate) transaction_seconds: Histogram,
    latency_seconds: Histogram,
    pub(crate) restore_seconds: Histogram,
    pub(crate) restore_bytes: Counter,
    pub(crate) keys: Gauge,
}

impl Meter {
    pub(crate) fn new(service: &'static str) -> Meter {
        describe();
        Meter {
            records: counter!("pipeline_records_total", "service" => service),
            outputs: counter!("pipeline_outputs_total", "service" => service),
            dead_letters: counter!("pipeline_dead_letters_total", "service" => service),
            late: counter!("pipeline_late_total", "service" => service),
            skipped: counter!("pipeline_skipped_total", "service" => service),
            aborts: counter!("pipeline_aborts_total", "service" => service),
            transaction_seconds: histogram!("pipeline_transaction_seconds", "service" => service),
            latency_seconds: histogram!("pipeline_latency_seconds", "service" => service),
            restore_seconds: histogram!("pipeline_restore_seconds", "service" => service),
            restore_bytes: counter!("pipeline_restore_bytes_total", "service" => service),
            keys: gauge!("pipeline_keys", "service" => service),
        }
    }

    /// Outputs about events of these times, in milliseconds since 1970 UTC, are
    /// committed. Of times ahead of the clock there is no latency.
    pub(crate) fn committed(&self, event_times_ms: impl Iterator<Item = i64>) {
        let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else { return };
        for event_time_ms in event_times_ms {
            let latency = now.as_secs_f64() - event_time_ms as f64 / 1000.0;
            self.latency_seconds.record(latency.max(0.0));
        }
    }
}

/// What the names mean, for whoever reads them.
fn describe() {
    describe_counter!("pipeline_records_total", "Records read, or trades taken from a source");
    describe_counter!("pipeline_outputs_total", "Messages written");
    describe_counter!("pipeline_dead_letters_total", "Records that could not be processed");
    describe_counter!("pipeline_late_total", "Trades whose candle has closed, or is not made");
    describe_counter!(
        "pipeline_skipped_total",
        "Offsets of the input that were deleted before they were read"
    );
    describe_counter!("pipeline_aborts_total", "Transactions that were aborted and done over");
    describe_histogram!(
        "pipeline_transaction_seconds",
        Unit::Seconds,
        "From a transaction's first record to its commit"
    );
    describe_histogram!(
        "pipeline_latency_seconds",
        Unit::Seconds,
        "From the time of the trade that a message is about, or of its candle's end, to its commit"
    );
    describe_histogram!(
        "pipeline_restore_seconds",
        Unit::Seconds,
        "From an assignment of partitions until their state is there"
    );
    describe_counter!("pipeline_restore_bytes_total", Unit::Bytes, "State read from the changelog");
    describe_gauge!("pipeline_keys", "Keys with state");
    describe_gauge!("pipeline_lag_records", "Committed input that has not been read, by partition");
}

/// Lets one log line through per second, and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    /// Whether to log now; if so, how many were held back since the last time.
    pub(crate) fn admit(&mut self) -> Option<u64> {
        let now = Instant::now();
        if self.last.is_some_and(|t| now - t < Duration::from_secs(1)) {
            self.held_back += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}
