//! What is saved of a machine: all that does not follow from its parameters. Its
//! bytes are `postcard`'s, whichever way they are made.
//!
//! Every kind of state makes code of its own here. What is the same for all is
//! therefore written and read by functions that know of none.

use crate::erased::StateError;
use crate::kernel::{Kernel, Machine, fitting};
use crate::origin::{Backend, Of, Origin, Originates, whole};
use crate::parameter::Arguments;
use crate::window::{SavedWindow, Window};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is saved of an `I`, which is a machine with the state `S`.
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "I: Originates, S: Serialize",
    deserialize = "I: Originates, S: DeserializeOwned"
))]
struct Saved<I, S> {
    of: Of<I>,
    arguments: Arguments,
    bars: usize,
    state: S,
    windows: Vec<SavedWindow>,
}

/// Shows every window of a kernel to what it is given.
type Windows<'a> = dyn FnMut(&mut dyn FnMut(&mut dyn Window)) + 'a;

impl<K: Kernel> Originates for Machine<K> {
    const ORIGIN: Origin = Origin { info: &K::INFO, backend: Backend::Native };
}

impl<K: Kernel> Machine<K> {
    /// All of it.
    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        // Windows are visited mutably; saving is rare enough for a copy.
        let mut kernel = self.kernel.clone()?;
        let bytes =
            state_to_bytes(&self.state, head_to_bytes(Self::ORIGIN, &self.arguments, self.bars)?)?;
        windows_to_bytes(&mut |visit| kernel.windows(visit), bytes)
    }

    /// Takes over what [`to_bytes`](Self::to_bytes) gave of the same indicator with
    /// the same arguments.
    ///
    /// # Errors
    /// When it was none. The machine is then as it was.
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        let (bars, bytes) = head_from_bytes(bytes, Self::ORIGIN, &self.arguments)?;
        let mut loaded = self.fresh();
        if !loaded.fill_in(bars, bytes) {
            return Err(StateError::Unreadable { indicator: K::INFO.name });
        }
        std::mem::swap(self, &mut loaded);
        Ok(())
    }

    /// Reads state and windows; whether all of them fit.
    fn fill_in(&mut self, bars: usize, bytes: &[u8]) -> bool {
        let (Some((state, bytes)), Some(kernel)) = (state_from_bytes(bytes), &mut self.kernel)
        else {
            return false;
        };
        (self.bars, self.state) = (bars, state);
        let windows = whole(bytes);
        bars <= self.lookback + 1 && load_all(windows, &mut |visit| kernel.windows(visit))
    }
}

impl<K: Kernel> Serialize for Machine<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut kernel = self.kernel.clone();
        let windows = save_all(&mut |visit| kernel.iter_mut().for_each(|k| k.windows(visit)));
        let (arguments, bars, state) = (self.arguments.clone(), self.bars, self.state);
        Saved { of: Of::<Self>::new(), arguments, bars, state, windows }.serialize(serializer)
    }
}

impl<'de, K: Kernel> Deserialize<'de> for Machine<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved: Saved<Self, K::State> = Saved::deserialize(deserializer)?;
        let Saved { arguments, bars, state, windows, .. } = saved;
        let fits = |arguments: Arguments| {
            let arguments = fitting::<K>(arguments.checked_again(&K::INFO).ok()?).ok()?;
            let mut machine = Self::from_arguments(arguments);
            (machine.bars, machine.state) = (bars, state);
            let kernel = machine.kernel.as_mut()?;
            let fit = load_all(Some(windows), &mut |visit| kernel.windows(visit));
            (fit && bars <= machine.lookback + 1).then_some(machine)
        };
        let name = K::INFO.name;
        fits(arguments).ok_or_else(|| D::Error::custom(format!("not a state of {name}")))
    }
}

fn save_all(windows: &mut Windows<'_>) -> Vec<SavedWindow> {
    let mut saved = Vec::new();
    windows(&mut |window| saved.push(window.save()));
    saved
}

/// Whether what was saved fits every window, and nothing was left over.
fn load_all(saved: Option<Vec<SavedWindow>>, windows: &mut Windows<'_>) -> bool {
    let Some(saved) = saved else { return false };
    let mut saved = saved.into_iter();
    let mut fits = true;
    windows(&mut |window| fits &= saved.next().is_some_and(|saved| window.load(saved)));
    fits && saved.next().is_none()
}

fn head_to_bytes(origin: Origin, arguments: &Arguments, bars: usize) -> Option<Vec<u8>> {
    postcard::to_extend(&bars, origin.to_bytes(arguments)?).ok()
}

/// How many bars the machine had taken, and what follows that.
fn head_from_bytes<'a>(
    bytes: &'a [u8],
    origin: Origin,
    expected: &Arguments,
) -> Result<(usize, &'a [u8]), StateError> {
    let rest = origin.strip(bytes, expected)?;
    let indicator = origin.info.name;
    postcard::take_from_bytes(rest).map_err(|_| StateError::Unreadable { indicator })
}

#[inline(never)]
fn state_to_bytes<S: Serialize>(state: &S, bytes: Vec<u8>) -> Option<Vec<u8>> {
    postcard::to_extend(state, bytes).ok()
}

#[inline(never)]
fn state_from_bytes<S: DeserializeOwned>(bytes: &[u8]) -> Option<(S, &[u8])> {
    postcard::take_from_bytes(bytes).ok()
}

fn windows_to_bytes(windows: &mut Windows<'_>, bytes: Vec<u8>) -> Option<Vec<u8>> {
    postcard::to_extend(&save_all(windows), bytes).ok()
}
