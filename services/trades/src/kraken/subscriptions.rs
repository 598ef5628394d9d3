//! Which pairs of one connection have been asked for, acknowledged, refused,
//! and have had their snapshot. What follows from that is `session`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;

use tokio::time::{Instant, sleep_until};

use crate::pair::Pair;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Subscription {
    Asked,
    Confirmed {
        snapshot: bool,
    },
    /// Refused after a reconnect; asked for again at this time.
    Refused {
        retry: Instant,
    },
}

#[derive(Debug)]
pub(super) struct Subscriptions(BTreeMap<String, Subscription>);

impl Subscriptions {
    pub(super) fn ask(pairs: &[Pair]) -> Self {
        let asked = |pair: &Pair| (pair.as_str().to_owned(), Subscription::Asked);
        Self(pairs.iter().map(asked).collect())
    }

    pub(super) fn contains(&self, pair: &str) -> bool {
        self.0.contains_key(pair)
    }

    /// Kraken acknowledges; its snapshot may already have been here.
    pub(super) fn confirm(&mut self, pair: &str) {
        match self.0.get_mut(pair) {
            Some(Subscription::Confirmed { .. }) => {}
            Some(other) => *other = Subscription::Confirmed { snapshot: false },
            None => tracing::debug!(pair, "acknowledgement of a pair that was not asked for"),
        }
    }

    /// Kraken refuses the pair, or all that are not answered yet.
    pub(super) fn refuse(&mut self, pair: Option<&str>, retry: Instant) {
        for (name, subscription) in &mut self.0 {
            let is_meant = match pair {
                Some(pair) => name == pair,
                None => *subscription == Subscription::Asked,
            };
            if is_meant {
                *subscription = Subscription::Refused { retry };
            }
        }
    }

    /// The refused pairs that are due again at `now`, which count as asked for.
    pub(super) fn ask_again(&mut self, now: Instant) -> BTreeSet<&str> {
        let mut due = BTreeSet::new();
        for (pair, subscription) in &mut self.0 {
            if matches!(subscription, Subscription::Refused { retry } if *retry <= now) {
                *subscription = Subscription::Asked;
                due.insert(pair.as_str());
            }
        }
        due
    }

    /// Returns when the first refused pair may be asked for again.
    pub(super) async fn retry(&self) {
        let retries = self.0.values().filter_map(|subscription| match subscription {
            Subscription::Refused { retry } => Some(*retry),
            _ => None,
        });
        match retries.min() {
            Some(retry) => sleep_until(retry).await,
            None => pending().await,
        }
    }

    /// Notes a trade of a snapshot; whether it is the pair's first.
    pub(super) fn first_of_snapshot(&mut self, pair: &str) -> bool {
        let here = Subscription::Confirmed { snapshot: true };
        match self.0.get_mut(pair) {
            Some(subscription) if *subscription != here => {
                *subscription = here;
                true
            }
            _ => false,
        }
    }

    pub(super) fn unanswered(&self) -> Option<&str> {
        let asked =
            |(_, subscription): &(&String, &Subscription)| **subscription == Subscription::Asked;
        self.0.iter().find(asked).map(|(pair, _)| pair.as_str())
    }

    pub(super) fn are_confirmed(&self) -> bool {
        let confirmed = |s: &Subscription| matches!(s, Subscription::Confirmed { .. });
        self.0.values().all(confirmed)
    }

    pub(super) fn have_snapshots(&self) -> bool {
        let here = |s: &Subscription| *s == Subscription::Confirmed { snapshot: true };
        self.0.values().all(here)
    }
}
