//! The mean of a long window and all distances from it, in time that grows with the
//! logarithm of its length.
//!
//! The values before the newest are the leaves of a crit-bit tree (D. J. Bernstein's
//! name for it): below a fork all agree in their highest bits, and part at the first
//! bit in which any two differ. So its shape follows from the values alone, whatever
//! came before; it is no deeper than a value has bits; and nothing has to be balanced.
//! A fork knows how far its values are from where they part, so that nothing large
//! cancels.

use super::{AFRESH, Ring, SavedWindow, Window};

/// The latest values, whose distances from their mean are asked for.
#[derive(Clone, Debug)]
pub enum Sample {
    /// Added up afresh at each bar.
    Short(Ring),
    /// Kept up.
    Long(Dispersion),
}

impl Sample {
    /// A sample of `length` values, in a ring of `room` when that is short.
    pub fn new(length: usize, room: usize) -> Self {
        if length > AFRESH {
            Self::Long(Dispersion::new(length))
        } else {
            Self::Short(Ring::new(room))
        }
    }

    /// Takes in `value`.
    #[inline(always)]
    pub fn store(&mut self, value: f64) {
        match self {
            Self::Short(ring) => ring.push(value),
            Self::Long(dispersion) => dispersion.store(value),
        }
    }

    /// What is saved of it.
    pub fn window(&mut self) -> &mut dyn Window {
        match self {
            Self::Short(ring) => ring,
            Self::Long(dispersion) => dispersion,
        }
    }
}

/// A window of which the mean and the distances from it are asked for.
#[derive(Clone, Debug)]
pub struct Dispersion {
    earlier: Ring,
    /// After one that stands for what is below a leaf, and one that holds the tree on
    /// its upper side.
    forks: Box<[Fork]>,
    /// Those that are not in the tree.
    free: Vec<u32>,
    /// Room for the ways to the value that goes and to the one that comes.
    paths: Box<[Path; 2]>,
}

/// What is below a leaf, which is one value, as often as it occurs.
const NONE: u32 = 0;

/// Where the tree hangs.
const TOP: u32 = 1;

/// Where the tree parts, at the least key that can be on the upper side. Of two
/// entries, the second is for that side.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Fork {
    children: [u32; 2],
    /// Where the child parts, or the key of a leaf.
    keys: [u64; 2],
    /// Values on either side.
    counts: [f64; 2],
    /// How far they are above the value where this fork parts, in sum.
    above: [f64; 2],
}

/// Values of which one is known, and how far all are above it in sum.
#[derive(Clone, Copy)]
struct Values {
    count: f64,
    known: f64,
    above: f64,
}

/// A fork, where it parts, and which way the path goes from there.
#[derive(Clone, Copy, Debug)]
struct Step {
    split: u64,
    fork: u32,
    upper: bool,
}

/// The way from the top down to a leaf.
#[derive(Clone, Copy, Debug)]
struct Path {
    steps: [Step; DEEPEST],
    length: usize,
}

/// The most forks on a path: one for each bit, and the top.
const DEEPEST: usize = 1 + 64;

/// A path with values at its end.
type Branch = (usize, Values);

impl Dispersion {
    /// A window of `length` values, 2 or more.
    pub fn new(length: usize) -> Self {
        let mut forks: Box<[Fork]> = vec![Fork::default(); length.max(2)].into();
        forks[TOP as usize].keys[1] = key(0.0);
        forks[TOP as usize].counts[1] = (length - 1) as f64;
        let top = Step { split: 0, fork: TOP, upper: true };
        let path = Path { steps: [top; DEEPEST], length: 1 };
        Self {
            earlier: Ring::new(length - 1),
            forks,
            free: (TOP + 1..length as u32).collect(),
            paths: Box::new([path; 2]),
        }
    }

    /// The mean of the window that ends with `value`, and the sum of all distances
    /// from it.
    pub fn step(&self, value: f64) -> (f64, f64) {
        let Values { count, known, above } = self.values(TOP, 1);
        let mean = known + (above + (value - known)) / (count + 1.0);
        (mean, self.distances(mean) + (value - mean).abs())
    }

    /// The sum of all distances from `mean`.
    fn distances(&self, mean: f64) -> f64 {
        let target = key(mean);
        let (mut sum, mut fork, mut side) = (0.0, &self.forks[TOP as usize], 1);
        loop {
            let (child, split) = (fork.children[side], fork.keys[side]);
            let gap = (mean - value(split)).abs();
            if child == NONE {
                return sum + gap * fork.counts[side];
            }
            fork = &self.forks[child as usize];
            side = usize::from(target >= split);
            sum += gap * fork.counts[1 - side] + fork.above[1 - side].abs();
        }
    }

    /// Takes in `value`.
    pub fn store(&mut self, value: f64) {
        let [oldest, newest] = [self.earlier.oldest(), value].map(key);
        self.earlier.push(value);
        self.find([oldest, newest]);
        let (depth, (last, _)) = (self.paths[0].length - 1, self.last(0));
        let old = self.remove(oldest);
        self.renew(0, old);
        let [_, path] = &*self.paths;
        if depth < path.length && path.steps[depth].fork == last {
            self.find([oldest, newest]);
        }
        let new = self.insert(newest);
        self.renew(1, new);
    }

    /// Finds the ways to the leaves next to both keys at once, which takes hardly longer
    /// than one: each step has to wait for the one before it.
    #[inline(always)]
    fn find(&mut self, keys: [u64; 2]) {
        let top = &self.forks[TOP as usize];
        let (mut forks, mut upper) = ([top; 2], [true; 2]);
        let [first, second] = &mut *self.paths;
        (first.length, second.length) = (1, 1);
        for depth in 1..DEEPEST {
            let [one, other] = upper.map(usize::from);
            let children = [forks[0].children[one], forks[1].children[other]];
            if children == [NONE; 2] {
                break;
            }
            let splits = [forks[0].keys[one], forks[1].keys[other]];
            upper = [keys[0] >= splits[0], keys[1] >= splits[1]];
            first.steps[depth] = Step { split: splits[0], fork: children[0], upper: upper[0] };
            second.steps[depth] = Step { split: splits[1], fork: children[1], upper: upper[1] };
            first.length += usize::from(children[0] != NONE);
            second.length += usize::from(children[1] != NONE);
            forks = children.map(|child| &self.forks[child as usize]);
        }
    }

    /// The fork above the leaf at the end of a path, and the leaf's side.
    fn last(&self, path: usize) -> (u32, usize) {
        let path = &self.paths[path];
        let step = &path.steps[path.length - 1];
        (step.fork, usize::from(step.upper))
    }

    /// Takes one value out of the leaf at the end of the first path; a path that still
    /// is one, and what is at its end now.
    #[inline(always)]
    fn remove(&mut self, key: u64) -> Branch {
        let length = self.paths[0].length;
        let (last, side) = self.last(0);
        let fork = &self.forks[last as usize];
        let count = fork.counts[side] - 1.0;
        if count > 0.0 || length == 1 {
            return (length, Values { count, known: value(key), above: 0.0 });
        }
        let (sibling, sibling_key) = (fork.children[1 - side], fork.keys[1 - side]);
        let values = self.values(last, 1 - side);
        let Step { fork: parent, upper, .. } = self.paths[0].steps[length - 2];
        self.forks[parent as usize].attach(usize::from(upper), sibling, sibling_key);
        self.free.push(last);
        (length - 1, values)
    }

    /// Adds a value next to or in the leaf at the end of the second path; the part of
    /// the path above it, and what is at its end now.
    #[inline(always)]
    fn insert(&mut self, key: u64) -> Branch {
        let path = &self.paths[1];
        let (last, side) = self.last(1);
        let Fork { keys, counts, .. } = &self.forks[last as usize];
        let near = keys[side];
        let Some(bit) = (near ^ key).checked_ilog2() else {
            let count = counts[side] + 1.0;
            return (path.length, Values { count, known: value(key), above: 0.0 });
        };
        let lower_forks = path.steps[1..path.length].iter().rev();
        let lower_forks = lower_forks.take_while(|step| step.split.trailing_zeros() < bit);
        let length = path.length - lower_forks.count();
        let Step { fork: parent, upper, .. } = path.steps[length - 1];
        let side = usize::from(upper);
        let others = self.values(parent, side);
        // There is a fork for every value but one.
        let new = self.free.pop().unwrap_or(NONE);
        let split = key.max(near) >> bit << bit;
        let parent = &mut self.forks[parent as usize];
        let (child, child_key) = (parent.children[side], parent.keys[side]);
        parent.attach(side, new, split);
        let (fork, side) = (&mut self.forks[new as usize], usize::from(key > near));
        fork.attach(side, NONE, key);
        fork.attach(1 - side, child, child_key);
        fork.set(1 - side, split, others);
        let own = Values { count: 1.0, known: value(key), above: 0.0 };
        (length, fork.set(side, split, own))
    }

    /// The values on one side of a fork.
    fn values(&self, fork: u32, side: usize) -> Values {
        let fork = &self.forks[fork as usize];
        let (count, known) = (fork.counts[side], value(fork.keys[side]));
        match fork.children[side] {
            NONE => Values { count, known, above: 0.0 },
            child => {
                let [lower, upper] = self.forks[child as usize].above;
                Values { count, known, above: lower + upper }
            }
        }
    }

    /// Adds up anew along a path, from its end to the top.
    #[inline(always)]
    fn renew(&mut self, path: usize, (length, mut values): Branch) {
        for Step { split, fork, upper } in self.paths[path].steps[..length].iter().rev() {
            values = self.forks[*fork as usize].set(usize::from(*upper), *split, values);
        }
    }

    /// The tree of what is in the ring.
    fn plant(&mut self) {
        let length = self.earlier.length();
        let earlier = std::mem::replace(&mut self.earlier, Ring::new(length));
        *self = Self::new(length + 1);
        earlier.iter().for_each(|value| self.store(value));
        self.earlier = earlier;
    }
}

impl Fork {
    fn attach(&mut self, side: usize, child: u32, key: u64) {
        (self.children[side], self.keys[side]) = (child, key);
    }

    /// Takes over the values on one side of this fork, which parts at `split`; the
    /// values on both.
    #[inline(always)]
    fn set(&mut self, side: usize, split: u64, values: Values) -> Values {
        let known = value(split);
        let above = (values.known - known) * values.count + values.above;
        (self.counts[side], self.above[side]) = (values.count, above);
        let (count, others) = (self.counts[1 - side], self.above[1 - side]);
        Values { count: values.count + count, known, above: above + others }
    }
}

/// Bits in the order of the values.
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    bits ^ (((bits as i64) >> 63) as u64 | 1 << 63)
}

/// The value of a key.
fn value(key: u64) -> f64 {
    f64::from_bits(key ^ (!((key as i64) >> 63) as u64 | 1 << 63))
}

impl Window for Dispersion {
    fn save(&self) -> SavedWindow {
        self.earlier.save()
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let fits = self.earlier.load(saved);
        if fits {
            self.plant();
        }
        fits
    }
}
