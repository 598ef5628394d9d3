//! What a service counts, under one name each, with the label `service`.
//! `http` shows it; without a recorder it costs next to nothing.

use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// The counters of one service. Handles, so that counting needs no lookup.
pub(crate) struct Meter {
    pub(crate) records: Counter,
    pub(crate) outputs: Counter,
    pub(crate) dead_letters: Counter,
    pub(crate) late: Counter,
    pub(crate) aborts: Counter,
    pub(crate) transaction_seconds: Histogram,
    pub(crate) latency_seconds: Histogram,
    pub(crate) restore_seconds: Histogram,
    pub(crate) restore_bytes: Counter,
    pub(crate) keys: Gauge,
}

impl Meter {
    pub(crate) fn new(service: &str) -> Meter {
        let service = service.to_owned();
        Meter {
            records: counter!("pipeline_records_total", "service" => service.clone()),
            outputs: counter!("pipeline_outputs_total", "service" => service.clone()),
            dead_letters: counter!("pipeline_dead_letters_total", "service" => service.clone()),
            late: counter!("pipeline_late_total", "service" => service.clone()),
            aborts: counter!("pipeline_aborts_total", "service" => service.clone()),
            transaction_seconds: histogram!("pipeline_transaction_seconds", "service" => service.clone()),
            latency_seconds: histogram!("pipeline_latency_seconds", "service" => service.clone()),
            restore_seconds: histogram!("pipeline_restore_seconds", "service" => service.clone()),
            restore_bytes: counter!("pipeline_restore_bytes_total", "service" => service.clone()),
            keys: gauge!("pipeline_keys", "service" => service),
        }
    }
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
