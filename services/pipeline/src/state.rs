//! The state in memory: per partition and key, and which of it the open
//! transaction has changed. Where it is kept for good is in `restore`.

use std::collections::{BTreeMap, HashMap};

/// The state of one key, which knows whether it was changed.
#[derive(Debug, Default)]
pub struct Keyed<S> {
    state: S,
    changed: bool,
}

impl<S> Keyed<S> {
    /// A state that counts as unchanged.
    pub fn new(state: S) -> Self {
        Keyed { state, changed: false }
    }

    /// The state, to look at.
    pub fn get(&self) -> &S {
        &self.state
    }

    /// The state, to change: it goes to the changelog with this transaction.
    pub fn get_mut(&mut self) -> &mut S {
        self.changed = true;
        &mut self.state
    }

    /// Whether [`Keyed::get_mut`] was called in this transaction.
    pub fn is_changed(&self) -> bool {
        self.changed
    }
}

/// A key and its state.
#[derive(Debug)]
pub(crate) struct Slot<S> {
    pub(crate) key: Box<str>,
    pub(crate) keyed: Keyed<S>,
    listed: bool,
    /// Has a record in the changelog.
    kept: bool,
}

/// Which state: the partition, and the position in it.
pub(crate) type SlotId = (i32, usize);

#[derive(Debug)]
struct Partition<S> {
    slots: Vec<Slot<S>>,
    index: HashMap<Box<str>, usize>,
    kept: u64,
}

/// All state of the partitions that this instance owns.
#[derive(Debug)]
pub(crate) struct Store<S> {
    partitions: BTreeMap<i32, Partition<S>>,
    changed: Vec<SlotId>,
}

impl<S: Default> Store<S> {
    pub(crate) fn new() -> Self {
        Store { partitions: BTreeMap::new(), changed: Vec::new() }
    }

    /// Forgets everything and owns these partitions, empty.
    pub(crate) fn own(&mut self, partitions: &[i32]) {
        self.changed.clear();
        self.partitions.clear();
        for &partition in partitions {
            let empty = Partition { slots: Vec::new(), index: HashMap::new(), kept: 0 };
            self.partitions.insert(partition, empty);
        }
    }

    /// Puts a restored state in its place.
    pub(crate) fn restore(&mut self, partition: i32, key: &str, state: S) {
        if let Some(id) = self.find_or_create(partition, key)
            && let Some(slot) = self.slot(id)
        {
            slot.keyed = Keyed::new(state);
            self.settle(id);
        }
    }

    /// The place of a key's state, created empty if need be; `None` for a
    /// partition that is not owned.
    pub(crate) fn find_or_create(&mut self, partition: i32, key: &str) -> Option<SlotId> {
        let owned = self.partitions.get_mut(&partition)?;
        if let Some(&index) = owned.index.get(key) {
            return Some((partition, index));
        }
        let index = owned.slots.len();
        let keyed = Keyed::new(S::default());
        owned.slots.push(Slot { key: key.into(), keyed, listed: false, kept: false });
        owned.index.insert(key.into(), index);
        Some((partition, index))
    }

    pub(crate) fn slot(&mut self, (partition, index): SlotId) -> Option<&mut Slot<S>> {
        self.partitions.get_mut(&partition)?.slots.get_mut(index)
    }

    /// Every state of a partition, in the order of the keys. It is sorted anew each
    /// time: a heartbeat a second asks for it, but every record for its key.
    pub(crate) fn in_key_order(&self, partition: i32) -> Vec<SlotId> {
        let Some(owned) = self.partitions.get(&partition) else { return Vec::new() };
        let mut keys: Vec<_> = owned.index.iter().collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, &index)| (partition, index)).collect()
    }

    /// Lists a state for the next commit if it was changed.
    pub(crate) fn note(&mut self, id: SlotId) {
        if let Some(slot) = self.slot(id)
            && slot.keyed.changed
            && !slot.listed
        {
            slot.listed = true;
            self.changed.push(id);
        }
    }

    /// What changed since the last call, in the order of the first change; from
    /// here on it counts as unchanged once [`Store::settle`] is called.
    pub(crate) fn take_changed(&mut self) -> Vec<SlotId> {
        std::mem::take(&mut self.changed)
    }

    /// Marks a state as kept.
    pub(crate) fn settle(&mut self, (partition, index): SlotId) {
        if let Some(owned) = self.partitions.get_mut(&partition)
            && let Some(slot) = owned.slots.get_mut(index)
        {
            slot.keyed.changed = false;
            slot.listed = false;
            if !slot.kept {
                slot.kept = true;
                owned.kept += 1;
            }
        }
    }

    /// Number of keys of a partition that have a record in the changelog.
    pub(crate) fn kept(&self, partition: i32) -> u64 {
        self.partitions.get(&partition).map_or(0, |owned| owned.kept)
    }

    /// Number of keys.
    pub(crate) fn len(&self) -> usize {
        self.partitions.values().map(|p| p.slots.len()).sum()
    }
}
