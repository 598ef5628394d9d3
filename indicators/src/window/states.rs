//! The states of many parts: more than a kernel's own state, which is copied,
//! has room for.

use super::{SavedWindow, Window};
use crate::origin::whole;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One state for each part. Like any window it is only read by a step, and
/// moved on by a store.
#[derive(Clone, Debug)]
pub struct States<S> {
    states: Box<[S]>,
}

impl<S: Copy + Default> States<S> {
    /// The states of `count` parts before their first bar.
    pub fn new(count: usize) -> Self {
        Self { states: vec![S::default(); count].into() }
    }

    /// A copy of the state of one part.
    #[inline(always)]
    pub fn get(&self, part: usize) -> S {
        self.states.get(part).copied().unwrap_or_default()
    }

    /// The states of all parts, to be moved on.
    #[inline(always)]
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut S> {
        self.states.iter_mut()
    }
}

/// Saved as bytes, each of them as a number.
impl<S: Serialize + DeserializeOwned> Window for States<S> {
    fn save(&self) -> SavedWindow {
        // Only a state that refuses to be serialised can fail here, and then
        // nothing is there to be loaded.
        let bytes = postcard::to_stdvec(&*self.states).unwrap_or_default();
        SavedWindow { values: bytes.into_iter().map(f64::from).collect(), position: 0 }
    }

    fn load(&mut self, saved: SavedWindow) -> bool {
        let byte = |value: f64| Some(value as u8).filter(|byte| f64::from(*byte) == value);
        let bytes: Option<Vec<u8>> = saved.values.into_iter().map(byte).collect();
        let states = bytes.and_then(|bytes| whole::<Vec<S>>(&bytes));
        match states {
            Some(states) if states.len() == self.states.len() => {
                self.states = states.into();
                true
            }
            _ => false,
        }
    }
}
