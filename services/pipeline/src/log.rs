//! Where log lines go: stderr, so that stdout is free for data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to stderr. The level comes from `LOG` or else `RUST_LOG`
/// (`info`, `candles=debug,info`, ..), and is `level` where neither is set. Does
/// nothing when the process has a logger already.
pub fn init(level: &str) {
    let filter = ["LOG", "RUST_LOG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .and_then(|value| EnvFilter::try_new(value).ok())
        .unwrap_or_else(|| EnvFilter::new(level));
    // A second call in one process leaves the first logger in place.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .ok();
}
