//! The indicators of one pair and one candle length: their state, and the recent
//! closed candles that new ones are warmed with when the list changes.

use indicators::{Bar, Expression, Source, Values};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What is kept of a candle.
const FIELDS: [Source; 5] =
    [Source::Open, Source::High, Source::Low, Source::Close, Source::Volume];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Running {
    /// In the order of the list.
    expressions: Vec<Expression>,
    /// Their [`FIELDS`], oldest first.
    recent: VecDeque<[f64; 5]>,
}

impl Running {
    pub(crate) fn new(list: &[Expression]) -> Self {
        Self { expressions: list.to_vec(), recent: VecDeque::new() }
    }

    pub(crate) fn expressions(&self) -> &[Expression] {
        &self.expressions
    }

    pub(crate) fn candles_kept(&self) -> usize {
        self.recent.len()
    }

    /// Moves the indicators on by a closed candle, and keeps it among the latest
    /// `keep`. What each of them gives, in order, goes to `each`.
    pub(crate) fn update(
        &mut self,
        bar: &Bar,
        keep: usize,
        mut each: impl FnMut(&Expression, Option<Values>),
    ) {
        for expression in &mut self.expressions {
            let values = expression.update(bar);
            each(expression, values);
        }
        // First room, then the candle: no more is ever allocated than what is kept.
        self.forget_all_but(keep.saturating_sub(1));
        if keep > 0 {
            self.recent.push_back(FIELDS.map(|field| field.of(bar)));
        }
    }

    /// Fits the indicators to a list that may have changed, given by canonical
    /// form: those that stay go on with their state, new ones are run over the
    /// kept candles, the others go. What is new and what is gone.
    pub(crate) fn fit(&mut self, list: &[(String, Expression)], keep: usize) -> Changes {
        self.forget_all_but(keep);
        let running = self.expressions.drain(..);
        let kept: Vec<(String, Expression)> =
            running.map(|expression| (expression.to_string(), expression)).collect();
        let mut changes = Changes::default();
        for (place, (name, configured)) in list.iter().enumerate() {
            // Nearly always in its place.
            let same = kept.get(place).filter(|(running, _)| running == name);
            let same = same.or_else(|| kept.iter().find(|(running, _)| running == name));
            self.expressions.push(match same {
                Some((_, running)) => running.clone(),
                None => {
                    changes.new.push(name.clone());
                    warmed(configured, &self.recent)
                }
            });
        }
        for (place, (name, _)) in kept.into_iter().enumerate() {
            let stays = list.get(place).is_some_and(|(listed, _)| *listed == name)
                || list.iter().any(|(listed, _)| *listed == name);
            if !stays {
                changes.gone.push(name);
            }
        }
        changes
    }

    fn forget_all_but(&mut self, keep: usize) {
        let excess = self.recent.len().saturating_sub(keep);
        self.recent.drain(..excess);
    }
}

/// How a list differs from the one that a state was kept with.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) new: Vec<String>,
    pub(crate) gone: Vec<String>,
}

fn warmed(configured: &Expression, recent: &VecDeque<[f64; 5]>) -> Expression {
    let mut expression = configured.clone();
    for &[open, high, low, close, volume] in recent {
        // They were bars when they were kept.
        if let Ok(bar) = Bar::new(open, high, low, close, volume) {
            expression.update(&bar);
        }
    }
    expression
}
