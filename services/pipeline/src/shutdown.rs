//! How a service is told to stop, and how it tells that it is ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::signal::unix::{SignalKind, signal};

use crate::error::Error;

/// A request to stop, shared by all who heed it. The transaction in flight is
/// finished first.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<AtomicBool>);

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
            .enable_io()
            .build()
            .map_err(Error::system("listen for signals"))?;
        let (mut terminate, mut interrupt) = {
            let _context = runtime.enter();
            let listen = |kind| signal(kind).map_err(Error::system("listen for signals"));
            (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?)
        };
        thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    let code = tokio::select! {
                        _ = terminate.recv() => 143,
                        _ = interrupt.recv() => 130,
                    };
                    if requested.is_requested() {
                        std::process::exit(code);
                    }
                    tracing::info!("stopping after the transaction in flight");
                    requested.request();
                }
            });
        });
        Ok(shutdown)
    }

    /// Asks for the stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
