//! How long to wait before connecting again: exponential, capped, with full
//! jitter, so that clients that lost the same server do not return together
//! (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

use std::time::Duration;

use rand::Rng;

#[derive(Debug)]
pub(super) struct Backoff {
    base: Duration,
    cap: Duration,
    limit: Duration,
}

impl Backoff {
    pub(super) fn new(base: Duration, cap: Duration) -> Self {
        let limit = base.min(cap);
        Self { base, cap, limit }
    }

    /// The wait before the next attempt, anything up to a limit that then doubles.
    pub(super) fn next(&mut self) -> Duration {
        let wait = self.limit.mul_f64(rand::rng().random());
        self.limit = self.limit.saturating_mul(2).min(self.cap);
        wait
    }

    /// Forgets the attempts so far, after a success.
    pub(super) fn reset(&mut self) {
        self.limit = self.base.min(self.cap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_cap_and_resets() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(second, 60 * second);
        for limit in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            assert_eq!(backoff.limit, limit * second);
            assert!(backoff.next() <= limit * second);
        }
        backoff.reset();
        assert_eq!(backoff.limit, second);
    }

    #[test]
    fn stays_clear_of_the_connection_limit() {
        let second = Duration::from_secs(1);
        for _ in 0..100 {
            let mut backoff = Backoff::new(second, 60 * second);
            let (mut waited, mut attempts) = (Duration::ZERO, 0);
            while waited < 600 * second {
                waited += backoff.next();
                attempts += 1;
            }
            assert!(attempts < 150, "{attempts} attempts in ten minutes");
        }
    }
}
