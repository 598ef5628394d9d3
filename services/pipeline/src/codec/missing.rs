//! What becomes of a message whose schema the registry does not have. A registry of
//! several nodes does not know a new schema everywhere at once, so its first "no" may
//! be early: the message waits for a few seconds, and a "no" is not believed for long.
//! Where numbers are made up, none of that may hold up the good messages: few of them
//! are waited for, and the registry is not asked for each message.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long the first message of a schema waits for the registry to have it.
const GRACE: Duration = Duration::from_secs(4);
/// From the begin of one wait to that of the next one, of another schema.
const GRACE_EVERY: Duration = Duration::from_secs(60);
/// How long the registry is not asked again.
const BELIEVED: Duration = Duration::from_secs(10);
/// Remembered up to this many.
const MOST: usize = 1000;

/// The schemas that the registry does not have, by number.
#[derive(Default)]
pub(super) struct Missing {
    /// When the registry said so last, of those whose messages are given up.
    asked: HashMap<u32, Instant>,
    /// The one that was waited for last, and since when.
    grace: Option<(u32, Instant)>,
}

impl Missing {
    /// Whether the registry said not long ago that it does not have the schema, and
    /// need not be asked.
    pub(super) fn is_believed(&self, id: u32, now: Instant) -> bool {
        self.asked.get(&id).is_some_and(|asked| now.duration_since(*asked) < BELIEVED)
    }

    /// The registry has just said that it does not have the schema. Whether to ask
    /// once more before its message is given up.
    pub(super) fn waits_for(&mut self, id: u32, now: Instant) -> bool {
        let waited = |since: Instant| now.duration_since(since);
        let waits = match self.grace {
            Some((other, since)) if other == id && waited(since) < GRACE => true,
            Some((_, since)) if waited(since) < GRACE_EVERY => false,
            _ => !self.asked.contains_key(&id),
        };
        if !waits {
            if self.asked.len() == MOST {
                self.asked.clear();
            }
            self.asked.insert(id, now);
        } else if self.grace.is_none_or(|(other, _)| other != id) {
            self.grace = Some((id, now));
        }
        waits
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn a_schema_is_waited_for_once_and_asked_for_again_later() {
        let (mut missing, start) = (Missing::default(), Instant::now());
        assert!(!missing.is_believed(7, start));
        assert!(missing.waits_for(7, start));
        assert!(!missing.is_believed(7, start + S(1)));
        assert!(missing.waits_for(7, start + S(3)));
        assert!(!missing.waits_for(7, start + S(4)));
        assert!(missing.is_believed(7, start + S(13)));
        assert!(!missing.is_believed(7, start + S(14)), "a registry may have it by now");
        // A producer that keeps at it holds up nothing more.
        assert!(!missing.waits_for(7, start + S(100)));
        assert!(missing.is_believed(7, start + S(101)));
    }

    #[test]
    fn numbers_that_are_made_up_hold_up_next_to_nothing() {
        let (mut missing, start) = (Missing::default(), Instant::now());
        let mut now = start;
        let mut waits = 0;
        for id in 0..100_000 {
            // Until it is given up, asked for every half second.
            while missing.waits_for(id, now) {
                waits += 1;
                now += Duration::from_millis(500);
            }
            now += Duration::from_millis(5);
            assert!(missing.asked.len() <= MOST);
        }
        let share = f64::from(waits) * 0.5 / now.duration_since(start).as_secs_f64();
        assert!((0.01..0.08).contains(&share), "{share}");
    }
}
