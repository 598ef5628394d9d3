//! Where log lines go: stderr, so that stdout is free for data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// Starts logging to stderr with these levels (`info`, `candles=debug,info`,
/// ..). Does nothing when the process has a logger already.
///
/// # Errors
/// When the levels cannot be read.
pub fn init(levels: &str) -> Result<(), Error> {
    let filter = EnvFilter::try_new(levels).map_err(|_| Error::Setting {
        setting: "LOG",
        problem: format!(
            "'{levels}', expected error, warn, info, debug, or levels by module like \
             info,pipeline=debug"
        ),
    })?;
    // A second call in one process leaves the first logger in place.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .ok();
    Ok(())
}
