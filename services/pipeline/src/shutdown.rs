//! How a service is told to stop, and how it tells that it is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;

/// A request to stop, shared by all who heed it. The transaction in flight is
/// finished first.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<Request>);

#[derive(Debug, Default)]
struct Request {
    made: AtomicBool,
    /// In milliseconds; 0 is for ever.
    patience_ms: AtomicU64,
}

impl Shutdown {
    /// A request that nobody has made yet.
    #[must_use]
    pub fn new() -> Shutdown {
        Shutdown::default()
    }

    /// A request that SIGTERM or SIGINT makes. A second signal ends the process
    /// at once.
    ///
    /// # Errors
    /// When the process cannot listen for signals.
    pub fn on_signals() -> Result<Shutdown, Error> {
        let shutdown = Shutdown::new();
        let requested = shutdown.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::system("listen for signals"))?;
        let (mut terminate, mut interrupt) = {
            let _context = runtime.enter();
            let listen = |kind| signal(kind).map_err(Error::system("listen for signals"));
            (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?)
        };
        thread::spawn(move || {
            runtime.block_on(async {
                let code = tokio::select! {
                    _ = terminate.recv() => 143,
                    _ = interrupt.recv() => 130,
                };
                tracing::info!("stopping after the transaction in flight");
                requested.request();
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    () = requested.out_of_patience() => tracing::warn!(
                        "the broker does not answer: the transaction in flight is given up, the \
                         next start does it over"
                    ),
                }
                std::process::exit(code);
            });
        });
        Ok(shutdown)
    }

    /// Lets a signal end the process after this time, whatever it is waiting for.
    /// It may be killed at any instant: what was not committed is done over.
    pub fn exit_after(&self, patience: Duration) {
        let patience_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.0.patience_ms.store(patience_ms, Ordering::Relaxed);
    }

    async fn out_of_patience(&self) {
        match self.0.patience_ms.load(Ordering::Relaxed) {
            0 => std::future::pending().await,
            patience_ms => tokio::time::sleep(Duration::from_millis(patience_ms)).await,
        }
    }

    /// Asks for the stop.
    pub fn request(&self) {
        self.0.made.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.made.load(Ordering::Relaxed)
    }
}

/// Whether a service has its partitions and their state.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<AtomicBool>);

impl Health {
    /// Not ready yet.
    #[must_use]
    pub fn new() -> Health {
        Health::default()
    }

    /// Assigned and restored.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.0.store(ready, Ordering::Relaxed);
    }
}
