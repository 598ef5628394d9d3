//! The latest numbers, in buckets by their size, and how many of them are below their mean.
//!
//! The mean of many numbers moves on by little. So the buckets lie around it, narrow enough
//! for a few numbers each, and all that is further away is in the first and the last. What is
//! in the buckets before the mean is known, and goes on with it; in its own bucket, each
//! number is looked at if there are some on either side. The buckets are laid anew when the
//! mean gets to their end, and when many numbers had to be looked at: so a bar takes as long
//! over many numbers as over few, on average, if they are not made to be always close to a
//! mean that jumps.
//!
//! A number that goes is the oldest one of its bucket: so that is a queue.

use std::ops::{Add, Sub};

/// Numbers below 2^63, each in a slot, which are driven out in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    numbers: Box<[u64]>,
    /// The slot of the number that came next into the same bucket; after the newest, the
    /// oldest.
    next: Box<[u32]>,
    buckets: Box<[Bucket]>,
    /// Where the first bucket would begin if it were as wide as the others: 2^`shift`.
    start: i64,
    shift: u32,
    /// A bucket close to the mean, and all that is in those before it.
    pivot: usize,
    before: Part,
    /// Numbers looked at, and buckets passed by, beyond a few a bar, since the buckets were
    /// laid.
    wasted: usize,
}

/// The numbers between two bounds.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    all: Part,
    /// Bounds of all that have been in it since it was empty.
    least: u64,
    most: u64,
    /// The slot of the newest, if there is any.
    newest: u32,
}

/// How many numbers there are of some kind, and their sum.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) sum: u128,
    pub(super) count: u64,
}

/// As many numbers are looked at, or buckets passed by, at hardly any cost.
const FEW: usize = 16;

/// How often all numbers can be wasted before it pays to lay the buckets anew.
const PATIENCE: usize = 16;

/// The bounds of all numbers.
const ALL: [u64; 2] = [0, u64::MAX];

impl Buckets {
    /// As many slots, which are to be filled.
    pub(super) fn new(slots: usize) -> Self {
        Self {
            numbers: vec![0; slots].into(),
            next: vec![0; slots].into(),
            buckets: vec![Bucket::default(); (slots.next_power_of_two() / 2).max(64)].into(),
            start: 0,
            shift: 0,
            pivot: 0,
            before: Part::default(),
            wasted: 0,
        }
    }

    /// Fills all slots with other numbers; their sum. `oldest` is the slot of the oldest.
    pub(super) fn fill(&mut self, numbers: impl Iterator<Item = u64>, oldest: usize) -> u128 {
        self.numbers.iter_mut().zip(numbers).for_each(|(slot, number)| *slot = number);
        let total = self.numbers.iter().copied().map(u128::from).sum();
        self.lay((total / self.numbers.len() as u128) as u64, ALL, oldest);
        total
    }

    /// Lays the buckets anew, around `mean`, as wide as suits the numbers between two
    /// bounds.
    #[cold]
    fn lay(&mut self, mean: u64, [least, most]: [u64; 2], oldest: usize) {
        let numbers = self.numbers.iter().filter(|number| (least..=most).contains(number));
        let distances = numbers.map(|number| number.abs_diff(mean));
        let part = distances.fold(Part::default(), |part, distance| part + Part::of(1, distance));
        let distance = (part.sum / u128::from(part.count.max(1))) as u64;
        // From 2 to 4 distances to either side, or all numbers there can be.
        let half = self.buckets.len() as u64 / 2;
        let shift = (distance / half).checked_ilog2().map_or(0, |bits| bits + 2);
        self.shift = shift.min(62 - half.ilog2());
        self.start = (mean as i64 - ((half as i64) << self.shift)).max(0);
        self.buckets.fill(Bucket::default());
        (self.pivot, self.before, self.wasted) = (0, Part::default(), 0);
        for slot in (oldest..self.numbers.len()).chain(0..oldest) {
            self.append(slot);
        }
        (self.pivot, self.before) = self.before(mean);
    }

    /// The number in a slot.
    #[inline(always)]
    pub(super) fn number(&self, slot: usize) -> u64 {
        self.numbers[slot]
    }

    /// Puts a number in the place of the oldest one, which is in `slot`, when the mean of
    /// them all is `mean`.
    #[inline(always)]
    pub(super) fn replace(&mut self, slot: usize, number: u64, mean: u64) {
        let earlier = self.pivot;
        (self.pivot, self.before) = self.before(mean);
        self.remove(slot);
        self.numbers[slot] = number;
        self.append(slot);
        let (bucket, passed) = (&self.buckets[self.pivot], self.pivot.abs_diff(earlier));
        let looked_at = if bucket.parts_at(mean) { bucket.all.count as usize } else { 0 };
        self.wasted += passed.saturating_sub(FEW) + looked_at.saturating_sub(FEW);
        let is_beyond = self.pivot == 0 || self.pivot + 1 == self.buckets.len();
        if is_beyond || self.wasted > PATIENCE * self.numbers.len() {
            let is_dense = !is_beyond && looked_at > passed;
            let bounds = if is_dense { [bucket.least, bucket.most] } else { ALL };
            self.lay(mean, bounds, (slot + 1) % self.numbers.len());
        }
    }

    /// The numbers up to `mean`.
    #[inline(always)]
    pub(super) fn up_to(&self, mean: u64) -> Part {
        let (pivot, before) = self.before(mean);
        let bucket = &self.buckets[pivot];
        before + if bucket.parts_at(mean) { self.look(bucket, mean) } else { bucket.up_to(mean) }
    }

    /// The numbers up to `mean` in a bucket.
    #[inline(always)]
    fn look(&self, bucket: &Bucket, mean: u64) -> Part {
        let (mut slot, mut part) = (bucket.newest as usize, Part::default());
        for _ in 0..bucket.all.count {
            slot = self.next[slot] as usize;
            let number = self.numbers[slot];
            part = part + Part::of(u64::from(number <= mean), number);
        }
        part
    }

    /// The bucket of `mean`, and all in those before it.
    #[inline(always)]
    fn before(&self, mean: u64) -> (usize, Part) {
        let bucket = self.bucket(mean);
        let (mut pivot, mut part) = (self.pivot, self.before);
        while pivot < bucket {
            part = part + self.buckets[pivot].all;
            pivot += 1;
        }
        while pivot > bucket {
            pivot -= 1;
            part = part - self.buckets[pivot].all;
        }
        (bucket, part)
    }

    /// Where a number belongs.
    #[inline(always)]
    fn bucket(&self, number: u64) -> usize {
        let bucket = (number as i64 - self.start) >> self.shift;
        bucket.clamp(0, self.buckets.len() as i64 - 1) as usize
    }

    /// Puts the number in a slot into its bucket, as the newest.
    #[inline(always)]
    fn append(&mut self, slot: usize) {
        let number = self.numbers[slot];
        let at = self.bucket(number);
        let bucket = &mut self.buckets[at];
        let is_empty = bucket.all.count == 0;
        let newest = if is_empty { slot } else { bucket.newest as usize };
        bucket.least = if is_empty { number } else { bucket.least.min(number) };
        bucket.most = if is_empty { number } else { bucket.most.max(number) };
        bucket.all = bucket.all + Part::of(1, number);
        bucket.newest = slot as u32;
        self.next[slot] = self.next[newest];
        self.next[newest] = slot as u32;
        self.before = self.before + Part::of(u64::from(at < self.pivot), number);
    }

    /// Takes the number in a slot out of its bucket, of which it is the oldest.
    #[inline(always)]
    fn remove(&mut self, slot: usize) {
        let number = self.numbers[slot];
        let at = self.bucket(number);
        let bucket = &mut self.buckets[at];
        bucket.all = bucket.all - Part::of(1, number);
        self.next[bucket.newest as usize] = self.next[slot];
        self.before = self.before - Part::of(u64::from(at < self.pivot), number);
    }
}

impl Bucket {
    /// Whether there may be numbers on either side of `mean`.
    #[inline(always)]
    fn parts_at(&self, mean: u64) -> bool {
        self.least <= mean && mean < self.most
    }

    /// All of it, or nothing, if it does not part at `mean`.
    #[inline(always)]
    fn up_to(&self, mean: u64) -> Part {
        if self.least <= mean { self.all } else { Part::default() }
    }
}

impl Part {
    /// So many times the same number: without a jump, which could not be predicted, for as
    /// many as a condition that is true.
    #[inline(always)]
    pub(super) fn of(count: u64, number: u64) -> Self {
        Self { sum: u128::from(count) * u128::from(number), count }
    }
}

impl Add for Part {
    type Output = Self;

    #[inline(always)]
    fn add(self, more: Self) -> Self {
        Self { sum: self.sum + more.sum, count: self.count + more.count }
    }
}

impl Sub for Part {
    type Output = Self;

    #[inline(always)]
    fn sub(self, less: Self) -> Self {
        Self { sum: self.sum - less.sum, count: self.count - less.count }
    }
}
