//! One measurement, and the table of them.

/// What it took to process some records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub(crate) records: u64,
    pub(crate) seconds: f64,
    /// Processor time of the process, in seconds.
    pub(crate) cpu: f64,
    /// Processor time of the broker, in seconds.
    pub(crate) broker_cpu: f64,
}

impl Figure {
    /// Records a second.
    pub(crate) fn rate(&self) -> f64 {
        self.records as f64 / self.seconds
    }

    /// Microseconds of processor time a record, of the process and of the broker.
    fn cpu_per_record(&self) -> (f64, f64) {
        let each = 1e6 / self.records as f64;
        (self.cpu * each, self.broker_cpu * each)
    }

    /// The faster one.
    pub(crate) fn better(self, other: Option<Figure>) -> Figure {
        other.filter(|other| other.rate() > self.rate()).unwrap_or(self)
    }
}

/// The first line of a table of figures.
pub(crate) const HEADING: &str = "  side                           records/s   of raw  of Quix  \
                                  CPU us/record  broker us/record";

/// A line of it.
pub(crate) fn line(
    side: &str,
    figure: &Figure,
    raw: Option<&Figure>,
    quix: Option<&Figure>,
) -> String {
    let of_raw =
        raw.map_or_else(String::new, |raw| format!("{:.0} %", 100.0 * figure.rate() / raw.rate()));
    let of_quix =
        quix.map_or_else(String::new, |quix| format!("{:.1} x", figure.rate() / quix.rate()));
    let (own, broker) = figure.cpu_per_record();
    format!(
        "  {side:<29} {:>10.0} {of_raw:>8} {of_quix:>8} {own:>14.2} {broker:>17.2}",
        figure.rate()
    )
}
