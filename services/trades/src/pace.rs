//! How fast recorded or simulated time runs against the wall clock, and the
//! clock events that fill the waiting. Which trades come is the sources' matter.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use pipeline::source::Event;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

/// Wall time between two clock events.
const CLOCK_INTERVAL: Duration = Duration::from_secs(1);

/// How much faster than the wall clock a source's own time runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// This many seconds per second of wall time; positive and finite.
    Times(f64),
    /// Without waiting.
    Max,
}

/// The text is not a speed.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a speed, expected 1x, 10x, any positive factor followed by x, or max")]
pub struct SpeedError(String);

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        if text == "max" {
            return Ok(Self::Max);
        }
        text.strip_suffix('x')
            .and_then(|factor| factor.parse::<f64>().ok())
            .filter(|factor| factor.is_finite() && *factor > 0.0)
            .map(Self::Times)
            .ok_or_else(|| SpeedError(text.to_owned()))
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(factor) => write!(f, "{factor}x"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// The receiver of the events is gone; the source ends without an error.
#[derive(Debug, PartialEq)]
pub(crate) struct ReceiverGone;

/// Hands an event over, waiting while the receiver is busy.
pub(crate) async fn send(events: &Sender<Event>, event: Event) -> Result<(), ReceiverGone> {
    events.send(event).await.map_err(|_| ReceiverGone)
}

/// Holds trades back until they are due.
pub(crate) struct Pace {
    speed: Speed,
    // Due times are absolute from here, so that small delays do not add up.
    begin: Option<Begin>,
    clock_ms: i64,
}

struct Begin {
    instant: Instant,
    timestamp_ms: i64,
    ticks: Interval,
}

impl Begin {
    fn now(timestamp_ms: i64) -> Self {
        let instant = Instant::now();
        let mut ticks = interval_at(instant + CLOCK_INTERVAL, CLOCK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { instant, timestamp_ms, ticks }
    }
}

impl Pace {
    /// Time starts to run with the first trade that is waited for.
    pub(crate) fn new(speed: Speed) -> Self {
        Self { speed, begin: None, clock_ms: i64::MIN }
    }

    /// Lets time run from `timestamp_ms` on, now, instead of from the first trade.
    pub(crate) fn begin(&mut self, timestamp_ms: i64) {
        self.begin = Some(Begin::now(timestamp_ms));
    }

    /// Whether nothing is ever held back, and no clock sent.
    pub(crate) fn is_unpaced(&self) -> bool {
        self.speed == Speed::Max
    }

    /// Waits until a trade of `timestamp_ms` is due, and sends the clock once a
    /// second meanwhile. `disorder_ms` is how much older than this trade a later
    /// one may be; the clock stays that far behind, for it promises that no
    /// older trade will follow.
    pub(crate) async fn wait_for(
        &mut self,
        timestamp_ms: i64,
        disorder_ms: i64,
        events: &Sender<Event>,
    ) -> Result<(), ReceiverGone> {
        let Speed::Times(factor) = self.speed else {
            return Ok(());
        };
        let begin = self.begin.get_or_insert_with(|| Begin::now(timestamp_ms));
        let due = due(begin.instant, timestamp_ms - begin.timestamp_ms, factor);
        loop {
            // The clock comes before the trade: a source that never catches up
            // would otherwise never send it.
            tokio::select! {
                biased;
                () = events.closed() => return Err(ReceiverGone),
                _ = begin.ticks.tick() => {
                    let elapsed_ms = begin.instant.elapsed().as_secs_f64() * 1e3 * factor;
                    let replayed_ms = begin.timestamp_ms.saturating_add(elapsed_ms as i64);
                    let clock_ms = replayed_ms.min(timestamp_ms) - disorder_ms;
                    if clock_ms > self.clock_ms {
                        self.clock_ms = clock_ms;
                        send(events, Event::Clock(clock_ms)).await?;
                    }
                }
                () = sleep_until(due) => return Ok(()),
            }
        }
    }
}

/// When source time has moved on by `gap_ms` since `begin`.
fn due(begin: Instant, gap_ms: i64, factor: f64) -> Instant {
    // A slow enough factor overflows; nobody waits that long, so any far time does.
    const FAR: Duration = Duration::from_secs(100 * 365 * 86_400);
    let gap = Duration::try_from_secs_f64((gap_ms.max(0) as f64) / 1e3 / factor).unwrap_or(FAR);
    begin + gap.min(FAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[test]
    fn speeds_parse_and_print() {
        for (text, speed) in [
            ("1x", Speed::Times(1.0)),
            ("10x", Speed::Times(10.0)),
            ("0.5x", Speed::Times(0.5)),
            ("max", Speed::Max),
        ] {
            assert_eq!(text.parse::<Speed>().unwrap(), speed);
            assert_eq!(speed.to_string(), text);
        }
        for bad in ["", "x", "10", "0x", "-1x", "NaNx", "infx", "Max", "fast"] {
            let error = bad.parse::<Speed>().unwrap_err().to_string();
            assert!(error.contains("expected 1x, 10x"), "{error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_scaled_and_ticks_meanwhile() {
        let (events, mut received) = mpsc::channel(16);
        let mut pace = Pace::new(Speed::Times(10.0));
        let begin = Instant::now();
        pace.wait_for(5_000, 0, &events).await.unwrap();
        assert_eq!(begin.elapsed(), Duration::ZERO);
        pace.wait_for(30_000, 1_000, &events).await.unwrap();
        assert_eq!(begin.elapsed(), Duration::from_millis(2_500));
        // A trade from the past is due at once.
        pace.wait_for(1_000, 0, &events).await.unwrap();
        assert_eq!(begin.elapsed(), Duration::from_millis(2_500));
        assert_eq!(received.try_recv(), Ok(Event::Clock(14_000)));
        assert_eq!(received.try_recv(), Ok(Event::Clock(24_000)));
        assert!(received.try_recv().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn stops_waiting_when_the_receiver_is_gone() {
        let (events, received) = mpsc::channel(1);
        let mut pace = Pace::new(Speed::Times(1e-300));
        pace.wait_for(0, 0, &events).await.unwrap();
        drop(received);
        assert_eq!(pace.wait_for(i64::MAX / 2, 0, &events).await, Err(ReceiverGone));
    }
}
