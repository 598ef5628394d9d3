//! The windows of one pair and one length: which are open, which have closed,
//! and what stands in the place of those that had no trade. When they close is
//! told from outside, as event time.

use crate::window::{Window, length_ms, start_of};
use pipeline::message::Trade;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is sent for a window in which nothing was traded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Gaps {
    /// Nothing.
    #[default]
    None,
    /// A candle at the last close, without volume or trades.
    Flat,
}

/// What closing goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) grace_ms: i64,
    pub(crate) gaps: Gaps,
    /// Flat candles in a row, before a pair counts as gone.
    pub(crate) most_flat: u32,
}

/// What became of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is in its window.
    Counted,
    /// Its window has closed.
    Late,
    /// Its window began before its length was configured, and is not made.
    TooEarly,
    /// There is no such window: this length ends.
    NoWindow,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lane {
    /// The open windows, by start.
    open: BTreeMap<i64, Open>,
    /// End of the latest window that has closed. Trades before it are late,
    /// whatever event time and grace say now.
    closed_ms: i64,
    /// Windows that start before this are not made: some of their trades came
    /// before the length was configured.
    begins_ms: i64,
    /// Whether the length is configured. If not, the windows that are still open
    /// go on to their end, and no new ones open.
    configured: bool,
    /// The candle that flat ones follow.
    last: Option<Last>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Open {
    window: Window,
    /// Changed in this transaction, and not sent since.
    #[serde(skip)]
    unsent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Last {
    close: f64,
    /// Flat candles since.
    flat: u32,
}

impl Lane {
    /// A lane whose first window may start at `begins_ms`.
    pub(crate) fn beginning(begins_ms: i64) -> Self {
        let open = BTreeMap::new();
        Self { open, closed_ms: begins_ms, begins_ms, configured: true, last: None }
    }

    pub(crate) fn is_configured(&self) -> bool {
        self.configured
    }

    pub(crate) fn open_windows(&self) -> usize {
        self.open.len()
    }

    /// Lets the open windows go on to their end, and opens no more.
    pub(crate) fn wind_down(&mut self) {
        self.configured = false;
        self.last = None;
    }

    /// Opens windows again, from `begins_ms` on.
    pub(crate) fn resume(&mut self, begins_ms: i64) {
        self.configured = true;
        self.begins_ms = begins_ms;
    }

    /// Whether the trade's window, if it is open, can take it.
    pub(crate) fn has_room_for(&self, trade: &Trade, seconds: u32) -> bool {
        let open = self.open.get(&start_of(trade.timestamp_ms, seconds));
        open.is_none_or(|open| open.window.has_room_for(trade))
    }

    /// Adds a trade to its window.
    pub(crate) fn add(
        &mut self,
        trade: &Trade,
        seconds: u32,
        event_time_ms: i64,
        rules: Rules,
    ) -> Added {
        let start = start_of(trade.timestamp_ms, seconds);
        let end = start + length_ms(seconds);
        if let Some(open) = self.open.get_mut(&start) {
            open.window.add(trade);
            open.unsent = true;
            return Added::Counted;
        }
        if !self.configured {
            return Added::NoWindow;
        }
        if start < self.begins_ms {
            return Added::TooEarly;
        }
        if end + rules.grace_ms <= event_time_ms || end <= self.closed_ms {
            return Added::Late;
        }
        self.open.insert(start, Open { window: Window::of(trade), unsent: true });
        Added::Counted
    }

    /// The next window to close, with or without trades: its start, and event
    /// time when it does.
    fn next(&self, seconds: u32, rules: Rules) -> Option<(i64, i64)> {
        let first = self.open.keys().next().copied();
        let fills = self.configured && rules.gaps == Gaps::Flat;
        let empty = self.last.filter(|last| fills && last.flat < rules.most_flat);
        let empty = empty.map(|_| self.closed_ms).filter(|at| first.is_none_or(|open| *at < open));
        let start = empty.or(first)?;
        Some((start, start + length_ms(seconds) + rules.grace_ms))
    }

    /// Whether a window closes at this event time, or if `all` must.
    pub(crate) fn is_due(&self, seconds: u32, event_time_ms: i64, all: bool, rules: Rules) -> bool {
        all && !self.open.is_empty()
            || self.next(seconds, rules).is_some_and(|(_, due)| due <= event_time_ms)
    }

    /// Closes what event time has passed, or also every open window, in order:
    /// their starts go to `closed` with what is in them.
    pub(crate) fn close(
        &mut self,
        seconds: u32,
        event_time_ms: i64,
        all: bool,
        rules: Rules,
        mut closed: impl FnMut(i64, Window),
    ) {
        while let Some((start, due)) = self.next(seconds, rules) {
            let ending = all && !self.open.is_empty();
            if due > event_time_ms && !ending {
                break;
            }
            self.closed_ms = start + length_ms(seconds);
            match (self.open.remove(&start), &mut self.last) {
                (Some(open), _) => {
                    let last = Last { close: open.window.close(), flat: 0 };
                    // Between a window from before and the first one of now there
                    // may have been trades.
                    let fills = rules.gaps == Gaps::Flat && start >= self.begins_ms;
                    self.last = (self.configured && fills).then_some(last);
                    closed(start, open.window);
                }
                (None, Some(last)) => {
                    last.flat += 1;
                    closed(start, Window::flat(last.close, start));
                }
                (None, None) => {}
            }
        }
    }

    /// The windows that have changed since they were last sent, by start. From
    /// here on they count as sent.
    pub(crate) fn take_unsent(&mut self) -> impl Iterator<Item = (i64, &Window)> {
        self.open.iter_mut().filter(|(_, open)| open.unsent).map(|(start, open)| {
            open.unsent = false;
            (*start, &open.window)
        })
    }
}
