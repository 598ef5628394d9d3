//! The step: a closed candle moves the indicators of its pair on, a forming one
//! only asks them.

use crate::list::IndicatorList;
use crate::message::{NamedValues, TechnicalIndicators, schema};
use crate::running::Running;
use indicators::{Bar, Expression, Values};
use pipeline::message::Candle;
use pipeline::{Keyed, Outbox, Processor, Record, Refused};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The service's step.
#[derive(Debug)]
pub struct Step {
    list: IndicatorList,
    /// The same, each with its canonical form.
    canonical: Vec<(String, Expression)>,
    names: Arc<[String]>,
    /// How many closed candles are kept, to warm indicators that join later.
    warm_up: usize,
    /// What has been said of a changed list.
    said: BTreeSet<String>,
    #[cfg(feature = "talib")]
    shadow: Option<crate::shadow::Shadow>,
}

/// The indicators of one pair, by the length of the candles in seconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State(BTreeMap<u32, Running>);

impl Step {
    /// A step that computes these indicators, and keeps the latest `warm_up`
    /// closed candles of each pair and length: expressions that join the list
    /// later are run over them first.
    pub fn new(list: IndicatorList, warm_up: usize) -> Self {
        let names = list.names().into();
        let canonical = list.expressions().iter();
        let canonical = canonical.map(|listed| (listed.to_string(), listed.clone())).collect();
        Self {
            list,
            canonical,
            names,
            warm_up,
            said: BTreeSet::new(),
            #[cfg(feature = "talib")]
            shadow: None,
        }
    }

    /// Compares a share of what is sent with the TA-Lib C library.
    #[cfg(feature = "talib")]
    #[must_use]
    pub fn with_shadow(mut self, shadow: Option<crate::shadow::Shadow>) -> Self {
        self.shadow = shadow;
        self
    }

    /// The shadow check, if there is one.
    #[cfg(feature = "talib")]
    pub fn shadow(&self) -> Option<&crate::shadow::Shadow> {
        self.shadow.as_ref()
    }

    fn say(&mut self, words: String) {
        if !self.said.contains(&words) {
            tracing::warn!("{words}");
            self.said.insert(words);
        }
    }
}

/// Appends what an expression gave: as many values as it has outputs.
fn append(values: &mut Vec<Option<f64>>, expression: &Expression, given: Option<Values>) {
    match given {
        Some(given) => values.extend(given.iter().copied().map(Some)),
        None => values.extend(expression.fields().iter().map(|_| None)),
    }
}

impl Processor for Step {
    type Input = Candle;
    type Output = TechnicalIndicators;
    type State = State;

    const SERVICE: &'static str = "technical-indicators";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STATE_VERSION: u32 = 2;

    fn output_schema(&self) -> String {
        schema(&self.names)
    }

    fn process(
        &mut self,
        candle: Candle,
        record: &Record<'_>,
        state: &mut Keyed<State>,
        out: &mut Outbox<TechnicalIndicators>,
    ) -> Result<(), Refused> {
        let Candle { open, high, low, close, volume, candle_seconds, .. } = candle;
        let bar = Bar::new(open, high, low, close, volume);
        let bar = bar.map_err(|error| Refused(error.to_string()))?;
        let mut values = Vec::with_capacity(self.names.len());
        if candle.closed {
            let state = state.get_mut();
            #[cfg(feature = "talib")]
            let from_start = !state.0.contains_key(&candle_seconds);
            let running = state.0.entry(candle_seconds);
            let running = running.or_insert_with(|| Running::new(self.list.expressions()));
            running.update(&bar, self.warm_up, |expression, given| {
                append(&mut values, expression, given);
            });
            #[cfg(feature = "talib")]
            if let Some(shadow) = self.shadow.as_mut().filter(|shadow| shadow.has(&candle.pair)) {
                shadow.check(&candle.pair, candle_seconds, &bar, &values, from_start);
            }
        } else {
            let running = state.get().0.get(&candle_seconds).map(Running::expressions);
            for expression in running.unwrap_or(self.list.expressions()) {
                append(&mut values, expression, expression.peek(&bar));
            }
        }
        let values = NamedValues { names: Arc::clone(&self.names), values };
        out.emit(TechnicalIndicators { candle, values }, record.timestamp_ms);
        Ok(())
    }

    /// The list may have changed since the state was kept.
    fn restored(&mut self, key: &str, state: &mut State) -> Result<(), String> {
        #[cfg(feature = "talib")]
        if let Some(shadow) = &mut self.shadow {
            shadow.forget(key);
        }
        for (seconds, running) in &mut state.0 {
            let kept = running.candles_kept().min(self.warm_up);
            let changes = running.fit(&self.canonical, self.warm_up);
            for name in changes.new {
                tracing::debug!(pair = key, seconds, kept, "`{name}` begins");
                self.say(format!(
                    "the list of indicators has `{name}` now: it begins with the kept candles of \
                     each pair, {} at most (WARM_UP_CANDLES)",
                    self.warm_up
                ));
            }
            for name in changes.gone {
                self.say(format!("the list of indicators has no `{name}` any more"));
            }
        }
        Ok(())
    }
}
