//! Sums over a ring in the order of its slots, for several bars at a time: each
//! bar adds up alone, so that every sum is rounded as if it had been alone.

use super::Ring;

/// How many bars are added up together, as far as a ring is not full.
const LANES: usize = 8;

/// Pushes the `values`, and gives for each of them what the ring then holds: the
/// mean, and the sum of all distances from it. Both go into columns as long as
/// `values`; `room` is where ring and values are laid out.
#[inline(always)]
pub(crate) fn deviations(
    ring: &mut Ring,
    values: &[f64],
    [means, deviations]: [&mut [f64]; 2],
    room: &mut [f64],
) {
    let (length, slot) = (ring.length(), ring.slot());
    // The oldest value is driven out by the first one.
    let (earlier, later) = room.split_at_mut(length - 1);
    earlier.iter_mut().zip(ring.iter().skip(1)).for_each(|(room, value)| *room = value);
    later[..values.len()].copy_from_slice(values);
    let mut row = 0;
    while row < values.len() {
        let slot = (slot + row) % length;
        let bars = Bars { line: room, first: length - 1 + row - slot, slot, length };
        let free = (length - slot).min(values.len() - row);
        let (means, deviations) = (&mut means[row..], &mut deviations[row..]);
        row += match free {
            LANES.. => bars.deviations::<LANES>(means, deviations),
            4.. => bars.deviations::<4>(means, deviations),
            _ => bars.deviations::<1>(means, deviations),
        };
    }
    values.iter().for_each(|value| ring.push(*value));
}

/// Bars that follow each other, the first of which goes to `slot`, and all before
/// the last one.
struct Bars<'a> {
    /// The values in the order of time.
    line: &'a [f64],
    /// Where in the line the value of the first slot is that came last.
    first: usize,
    slot: usize,
    length: usize,
}

impl Bars<'_> {
    #[inline(always)]
    fn deviations<const BARS: usize>(&self, means: &mut [f64], deviations: &mut [f64]) -> usize {
        let length = self.length as f64;
        let mean = self.sum::<BARS>(|_, value| value).map(|sum| sum / length);
        let deviation = self.sum::<BARS>(|bar, value| (value - mean[bar]).abs());
        means[..BARS].copy_from_slice(&mean);
        deviations[..BARS].copy_from_slice(&deviation);
        BARS
    }

    #[inline(always)]
    fn sum<const BARS: usize>(&self, of: impl Fn(usize, f64) -> f64) -> [f64; BARS] {
        let Self { line, first, slot, length } = *self;
        let mut sums = [-0.0; BARS];
        let mut add = |value: f64| {
            for (bar, sum) in sums.iter_mut().enumerate() {
                *sum += of(bar, value);
            }
        };
        line[first..=first + slot].iter().for_each(|value| add(*value));
        // Slots that some of the bars have filled anew.
        for other in slot + 1..slot + BARS {
            let (new, old) = (line[first + other], line[first + other - length]);
            for (bar, sum) in sums.iter_mut().enumerate() {
                *sum += of(bar, if slot + bar >= other { new } else { old });
            }
        }
        let mut add = |value: f64| {
            for (bar, sum) in sums.iter_mut().enumerate() {
                *sum += of(bar, value);
            }
        };
        line[first + slot + BARS - length..first].iter().for_each(|value| add(*value));
        sums
    }
}
