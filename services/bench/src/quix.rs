//! The same jobs in Quix Streams, where the user has a Python with it.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::broker::Broker;
use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::process::Process;

const JOBS: &str = include_str!("quix_jobs.py");

#[derive(Deserialize)]
struct Report {
    records: u64,
    seconds: f64,
    processor_seconds: f64,
}

/// Runs a job of `quix_jobs.py` over so many records.
pub(crate) fn run(
    broker: &Broker,
    python: &Path,
    job: &str,
    input: &str,
    output: &str,
    records: u64,
) -> Result<Figure> {
    let directory = broker.directory.path();
    let file = directory.join("quix_jobs.py");
    std::fs::write(&file, JOBS).map_err(Error::system("write the jobs of Quix Streams"))?;
    let mut command = Command::new(python);
    command.arg(&file).args([&*broker.servers, job, input, output, &records.to_string()]);
    command.arg(directory.join(format!("{output}-state")));
    let before = broker.cpu_seconds();
    let line = Process::spawn(directory, command)?.line()?;
    let report: Report = serde_json::from_str(&line)
        .map_err(|e| Error::Output(format!("Quix Streams says '{line}': {e}")))?;
    if report.records < records {
        return Err(Error::Output(format!("Quix Streams took {} records", report.records)));
    }
    Ok(Figure {
        records: report.records,
        seconds: report.seconds,
        cpu: report.processor_seconds,
        broker_cpu: broker.cpu_seconds() - before,
    })
}
