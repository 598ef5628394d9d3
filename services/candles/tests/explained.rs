//! What a service says in its log of settings that its state was not kept with.
//! Alone in its program: a log is caught for one thread, and tests that run beside
//! it without one would settle for all of them what is worth logging.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod log;

use log::{Service, settings, trade};

#[test]
fn changed_settings_are_explained_once_and_not_for_every_pair() {
    let written = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&written);
    struct Sink(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = tracing_subscriber::fmt().with_writer(move || Sink(std::sync::Arc::clone(&sink)));
    tracing::subscriber::with_default(log.with_ansi(false).finish(), || {
        let mut service = Service::new(settings(&[60, 300], 0));
        for pair in ["A/B", "C/D", "E/F"] {
            service.read(&trade(pair, 10_000, 1.0));
        }
        service.restart(settings(&[60, 300], 0));
        assert!(written.lock().unwrap().is_empty(), "nothing has changed");
        service.restart(settings(&[60, 30], 2_000));
    });
    let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines.len(), 3, "{written}");
    for (line, words) in lines.iter().zip([
        "the state was kept with CANDLE_GRACE_MS 0, now it is 2000: open candles close by the new \
         grace, closed ones stay closed",
        "CANDLE_SECONDS has no 300 any more: candles of this length that are open still take \
         trades and close at their time, no new ones begin",
        "CANDLE_SECONDS has 30 now: each known pair's candles of this length begin with its next \
         whole window",
    ]) {
        assert!(line.ends_with(words), "{line}");
    }
}
