//! The tree that runs: sources at the leaves, indicators above them.

use crate::bar::{Bar, Source};
use crate::erased::DynIndicator;
use crate::io::{Field, FieldKind, Values};
use std::fmt;

/// A source, or an indicator with its inputs.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Source(Source),
    Call {
        indicator: Box<dyn DynIndicator>,
        inputs: Vec<InputNode>,
        /// What the indicator reads where nothing else is asked for.
        defaults: &'static [Source],
    },
}

/// A node, and the one of its outputs that is read.
#[derive(Clone, Debug)]
pub(super) struct InputNode {
    pub(super) node: Node,
    pub(super) output: usize,
}

impl From<Source> for InputNode {
    fn from(source: Source) -> Self {
        Self { node: Node::Source(source), output: 0 }
    }
}

/// What a source gives, as the output of a node.
const SERIES: &[Field] = &[Field { name: "real", talib: "outReal", kind: FieldKind::Real }];

/// The most inputs that one indicator reads.
const MOST_INPUTS: usize = 4;

impl Node {
    pub(super) fn name(&self) -> String {
        match self {
            Node::Source(source) => source.name().to_owned(),
            Node::Call { indicator, .. } => indicator.info().name.to_owned(),
        }
    }

    pub(super) fn fields(&self) -> &'static [Field] {
        match self {
            Node::Source(_) => SERIES,
            Node::Call { indicator, .. } => indicator.fields(),
        }
    }

    pub(super) fn lookback(&self) -> usize {
        match self {
            Node::Source(_) => 0,
            Node::Call { indicator, inputs, .. } => {
                let inputs = inputs.iter().map(|input| input.node.lookback()).max();
                indicator.lookback() + inputs.unwrap_or_default()
            }
        }
    }

    pub(super) fn reads(&self, wanted: Source) -> bool {
        match self {
            Node::Source(source) => *source == wanted,
            Node::Call { inputs, .. } => inputs.iter().any(|input| input.node.reads(wanted)),
        }
    }

    pub(super) fn update(&mut self, bar: &Bar) -> Option<Values> {
        match self {
            Node::Source(source) => Some(Values::new([source.of(bar)])),
            Node::Call { indicator, inputs, .. } => {
                let count = inputs.len();
                let fields = gather(inputs.iter_mut().map(|input| {
                    let values = input.node.update(bar);
                    values?.get(input.output).copied()
                }));
                indicator.update(fields?.get(..count)?)
            }
        }
    }

    pub(super) fn peek(&self, bar: &Bar) -> Option<Values> {
        match self {
            Node::Source(source) => Some(Values::new([source.of(bar)])),
            Node::Call { indicator, inputs, .. } => {
                let fields = gather(inputs.iter().map(|input| {
                    let values = input.node.peek(bar);
                    values?.get(input.output).copied()
                }));
                indicator.peek(fields?.get(..inputs.len())?)
            }
        }
    }

    pub(super) fn reset(&mut self) {
        self.for_each_mut(&mut |indicator| {
            indicator.reset();
            Ok::<_, std::convert::Infallible>(())
        })
        .unwrap_or_else(|never| match never {});
    }

    /// The indicators, inputs before those that read them.
    pub(super) fn for_each(&self, visit: &mut impl FnMut(&dyn DynIndicator)) {
        if let Node::Call { indicator, inputs, .. } = self {
            inputs.iter().for_each(|input| input.node.for_each(visit));
            visit(indicator.as_ref());
        }
    }

    /// The indicators, in the order of [`for_each`](Self::for_each), until one fails.
    pub(super) fn for_each_mut<E>(
        &mut self,
        visit: &mut impl FnMut(&mut dyn DynIndicator) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Node::Call { indicator, inputs, .. } = self {
            inputs.iter_mut().try_for_each(|input| input.node.for_each_mut(visit))?;
            visit(indicator.as_mut())?;
        }
        Ok(())
    }
}

/// The values of all inputs, `None` when one has none yet. Every input is asked,
/// since asking moves it on.
fn gather(inputs: impl Iterator<Item = Option<f64>>) -> Option<[f64; MOST_INPUTS]> {
    let mut fields = [0.0; MOST_INPUTS];
    let mut complete = true;
    let mut slots = fields.iter_mut();
    for value in inputs {
        match (value, slots.next()) {
            (Some(value), Some(slot)) => *slot = value,
            _ => complete = false,
        }
    }
    complete.then_some(fields)
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (indicator, inputs, defaults) = match self {
            Node::Source(source) => return f.write_str(source.name()),
            Node::Call { indicator, inputs, defaults } => (indicator, inputs, defaults),
        };
        let mut parts = Vec::new();
        if inputs.len() == 1 || !is_default(inputs, defaults) {
            parts.extend(inputs.iter().map(InputNode::to_string));
        }
        let arguments = indicator.arguments().written(indicator.info());
        if !arguments.is_empty() {
            parts.push(arguments);
        }
        f.write_str(&indicator.info().name.to_ascii_lowercase())?;
        match parts.is_empty() {
            true => Ok(()),
            false => write!(f, "({})", parts.join(", ")),
        }
    }
}

impl fmt::Display for InputNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.node)?;
        match (self.node.fields(), self.node.fields().get(self.output)) {
            ([_], _) | (_, None) => Ok(()),
            (_, Some(field)) => write!(f, ".{}", field.name),
        }
    }
}

fn is_default(inputs: &[InputNode], defaults: &[Source]) -> bool {
    let sources = inputs.iter().map(|input| match input.node {
        Node::Source(source) => Some(source),
        Node::Call { .. } => None,
    });
    sources.eq(defaults.iter().copied().map(Some))
}
