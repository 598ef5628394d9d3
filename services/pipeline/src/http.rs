//! What an operator asks over HTTP: `/healthz` (the process answers), `/readyz`
//! (partitions assigned and state restored) and `/metrics` (Prometheus).

use std::net::{SocketAddr, TcpListener};
use std::thread;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

use crate::error::Error;
use crate::shutdown::Health;

const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// Reads an address to serve on.
///
/// # Errors
/// When it is none.
pub(crate) fn address(text: &str) -> Result<SocketAddr, Error> {
    text.parse().map_err(|_| Error::Setting {
        setting: "HTTP_ADDRESS",
        problem: format!("'{text}', expected an address like 0.0.0.0:8080"),
    })
}

/// Serves on `address` for as long as the process lives. Call it before the
/// loop starts: what is counted earlier is not shown. One per process.
///
/// # Errors
/// When the address cannot be had, or the process has a metrics recorder
/// already.
pub fn serve(address: SocketAddr, health: &Health) -> Result<SocketAddr, Error> {
    let setting = |problem: String| Error::Setting { setting: "HTTP_ADDRESS", problem };
    let listener = TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|e| setting(format!("cannot listen on {address}: {e}")))?;
    let bound = listener.local_addr().map_err(Error::system("listen for HTTP"))?;
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|e| setting(e.to_string()))?;
    let upkeep = recorder.clone();
    let health = health.clone();
    let ready = move || async move {
        match health.is_ready() {
            true => (StatusCode::OK, "ready\n"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        }
    };
    let routes = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move || async move { recorder.render() }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::system("start the runtime"))?;
    thread::spawn(move || {
        runtime.block_on(async move {
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
                    upkeep.run_upkeep();
                }
            });
            let served = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => axum::serve(listener, routes).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::error!("HTTP server stopped: {error}");
            }
        });
    });
    tracing::info!(address = %bound, "HTTP server started");
    Ok(bound)
}
