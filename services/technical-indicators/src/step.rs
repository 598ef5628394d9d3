//! The step: a closed candle moves the indicators of its pair on, a forming one
//! only asks them.

use crate::list::IndicatorList;
use crate::message::{NamedValues, TechnicalIndicators};
use indicators::{Bar, Expression, Values};
use pipeline::message::Candle;
use pipeline::{Keyed, Outbox, Processor, Record, Refused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The service's step.
#[derive(Debug)]
pub struct Step {
    list: IndicatorList,
    names: Arc<[String]>,
}

/// The indicators of one pair, by the length of the candles in seconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State(BTreeMap<u32, Vec<Expression>>);

impl Step {
    /// A step that computes these indicators.
    pub fn new(list: IndicatorList) -> Self {
        let names = list.names().into();
        Self { list, names }
    }

    fn values<'a>(
        &self,
        evaluated: impl Iterator<Item = (&'a Expression, Option<Values>)>,
    ) -> NamedValues {
        let mut flat = Vec::with_capacity(self.names.len());
        for (expression, values) in evaluated {
            match values {
                Some(values) => flat.extend(values.iter().copied().map(Some)),
                None => flat.extend(expression.fields().iter().map(|_| None)),
            }
        }
        NamedValues { names: Arc::clone(&self.names), values: flat }
    }
}

impl Processor for Step {
    type Input = Candle;
    type Output = TechnicalIndicators;
    type State = State;

    const SERVICE: &'static str = "technical-indicators";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const STATE_VERSION: u32 = 1;

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
        let values = if candle.closed {
            let running = state.get_mut().0.entry(candle_seconds);
            let running = running.or_insert_with(|| self.list.expressions().to_vec());
            self.values(running.iter_mut().map(|expression| {
                let values = expression.update(&bar);
                (&*expression, values)
            }))
        } else {
            let running = state.get().0.get(&candle_seconds).map(Vec::as_slice);
            let running = running.unwrap_or(self.list.expressions());
            self.values(running.iter().map(|expression| (expression, expression.peek(&bar))))
        };
        out.emit(TechnicalIndicators { candle, values }, record.timestamp_ms);
        Ok(())
    }

    /// The list may have changed since the state was kept: expressions that stay
    /// keep their state, new ones begin here, the others are dropped.
    fn restored(&mut self, _: &str, state: &mut State) -> Result<(), String> {
        for running in state.0.values_mut() {
            let kept: BTreeMap<String, Expression> =
                running.drain(..).map(|expression| (expression.to_string(), expression)).collect();
            running.extend(
                self.list.expressions().iter().map(|configured| {
                    kept.get(&configured.to_string()).unwrap_or(configured).clone()
                }),
            );
        }
        Ok(())
    }
}
