//! Chaikin money flow.

use crate::catalog::{Group, Info};
use crate::io::{HighLowCloseVolume, Input, Output};
use crate::kernel::{self, Clock, Machine, Ready};
use crate::parameter::{Arguments, Parameter, ParameterError};
use crate::terms::fill_terms;
use crate::volume::ad::money_flow_volume;
use crate::window::{RollingSums, Window};

/// Chaikin money flow (CMF): the share of the volume of the last bars that went
/// into closes near the high, from -1 to 1.
///
/// # Formula
/// `CMF(t) = (F(t) + … + F(t-n+1)) / (volume(t) + … + volume(t-n+1))`, where
/// `F = ((c - l) - (h - c)) / (h - l) · volume`, and 0 for a bar without a range;
/// 0 where there was no volume.
///
/// # Parameters
/// * `time_period` `n`: 2 to 100,000, default 20.
///
/// # Lookback
/// `n - 1`
///
/// # Example
/// ```
/// use indicators::{Cmf, HighLowCloseVolume, Indicator};
///
/// let mut flow = Cmf::new(2)?;
/// assert_eq!(flow.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 12.0, volume: 30.0 }), None);
/// assert_eq!(flow.update(HighLowCloseVolume { high: 12.0, low: 8.0, close: 8.0, volume: 10.0 }), Some(0.5));
/// # Ok::<(), indicators::ParameterError>(())
/// ```
///
/// # Source
/// Marc Chaikin.
pub type Cmf = Machine<Kernel>;

impl Cmf {
    /// The flow of the last `time_period` bars.
    ///
    /// # Errors
    /// When the period is not from 2 to 100,000.
    pub fn new(time_period: usize) -> Result<Self, ParameterError> {
        Self::from_values(&[Some(time_period as f64)])
    }
}

/// The definition of [`Cmf`].
#[derive(Clone, Debug)]
pub struct Kernel {
    period: usize,
    sums: RollingSums<2>,
}

impl kernel::Kernel for Kernel {
    const INFO: Info = Info {
        name: "CMF",
        title: "Chaikin Money Flow",
        group: Group::Volume,
        parameters: &[Parameter::period("time_period", 20, 2)],
        unstable_period: false,
    };
    type Input = HighLowCloseVolume;
    type Output = f64;
    /// The sums of flow and volume.
    type State = [f64; 2];

    fn new(arguments: &Arguments) -> Self {
        let period = arguments.integer(0);
        Self { period, sums: RollingSums::new(period) }
    }

    fn lookback(&self) -> usize {
        self.period - 1
    }

    #[inline(always)]
    fn step<C: Clock>(&self, _: C, sums: &mut [f64; 2], bar: HighLowCloseVolume) -> f64 {
        share(self.sums.step(sums, [money_flow_volume(bar), bar.volume]))
    }

    #[inline(always)]
    fn store<C: Clock>(&mut self, _: C, _: &[f64; 2], bar: HighLowCloseVolume) {
        self.sums.store([money_flow_volume(bar), bar.volume]);
    }

    const FILLS: bool = true;

    #[inline(always)]
    fn fill(
        &mut self,
        sums: &mut [f64; 2],
        bars: <Self::Input as Input>::Columns<'_>,
        filled: &mut <Self::Output as Output>::Columns<'_>,
        room: &mut Ready,
    ) -> bool {
        let [flows, ..] = &mut room.columns;
        let Some(flows) = flows.get_mut(..filled.len()) else { return false };
        if !fill_terms(bars, flows, money_flow_volume) {
            return false;
        }
        let [.., volumes] = bars;
        self.sums.fill(sums, [flows, volumes], filled, share);
        true
    }

    fn windows(&mut self, visit: &mut dyn FnMut(&mut dyn Window)) {
        visit(&mut self.sums);
    }
}

/// The share of the flow in the volume.
#[inline(always)]
fn share([flow, volume]: [f64; 2]) -> f64 {
    if volume > 0.0 { flow / volume } else { 0.0 }
}
