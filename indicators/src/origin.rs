//! What every saved state begins with: the format version, the indicator, and who
//! computes it. It is compared before anything else of a state is read: states of
//! different indicators may have the same shape, and nothing else tells them apart.

use crate::catalog::Info;
use crate::erased::StateError;
use crate::parameter::Arguments;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::marker::PhantomData;

/// The format of the states and snapshots that this version writes, and reads.
pub(crate) const FORMAT: u32 = 4;

/// Who computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backend {
    /// This crate.
    Native,
    /// The C library.
    TaLib,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::TaLib => "talib",
        }
    }
}

/// Whose state it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) info: &'static Info,
    pub(crate) backend: Backend,
}

impl Origin {
    /// The bytes that a state with these arguments begins with.
    pub(crate) fn to_bytes(self, arguments: &Arguments) -> Option<Vec<u8>> {
        postcard::to_stdvec(&(FORMAT, self.info.name, self.backend, arguments)).ok()
    }

    /// What follows the bytes of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// When the state is of another format, indicator or backend, or of other
    /// arguments; says both.
    pub(crate) fn strip<'a>(
        self,
        bytes: &'a [u8],
        expected: &Arguments,
    ) -> Result<&'a [u8], StateError> {
        let indicator = self.info.name;
        let unreadable = |_| StateError::Unreadable { indicator };
        // Alone, so that it can be read whatever follows.
        let (saved, bytes) = postcard::take_from_bytes::<u32>(bytes).map_err(unreadable)?;
        if saved != FORMAT {
            return Err(StateError::OtherFormat { indicator, saved, expected: FORMAT });
        }
        let ((name, backend), bytes) =
            postcard::take_from_bytes::<(&str, Backend)>(bytes).map_err(unreadable)?;
        self.check(name, backend)?;
        let (saved, rest) = postcard::take_from_bytes::<Arguments>(bytes).map_err(unreadable)?;
        match saved == *expected {
            true => Ok(rest),
            false => Err(StateError::other(self.info, &saved, expected)),
        }
    }

    fn check(self, name: &str, backend: Backend) -> Result<(), StateError> {
        let indicator = self.info.name;
        if name != indicator {
            return Err(StateError::OtherIndicator { indicator, saved: name.to_owned() });
        }
        if backend != self.backend {
            let (saved, expected) = (backend.name(), self.backend.name());
            return Err(StateError::OtherBackend { indicator, saved, expected });
        }
        Ok(())
    }
}

/// All of `bytes`, and not only their beginning, as one value.
pub(crate) fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}

/// A type whose states are serialised with their origin.
pub(crate) trait Originates {
    const ORIGIN: Origin;
}

/// The first field of a serialised `I`. What is of another origin does not get
/// past it, and so is told from what is damaged.
pub(crate) struct Of<I>(PhantomData<fn() -> I>);

impl<I> Of<I> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(deserialize_with = "known_format")]
    format: u32,
    indicator: String,
    backend: Backend,
}

fn known_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        FORMAT => Ok(FORMAT),
        saved => {
            let message = format!("the saved state has format version {saved}, expected {FORMAT}");
            Err(D::Error::custom(message))
        }
    }
}

impl<I: Originates> Serialize for Of<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Origin { info, backend } = I::ORIGIN;
        Written { format: FORMAT, indicator: info.name.to_owned(), backend }.serialize(serializer)
    }
}

impl<'de, I: Originates> Deserialize<'de> for Of<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { indicator, backend, .. } = Written::deserialize(deserializer)?;
        I::ORIGIN.check(&indicator, backend).map_err(D::Error::custom)?;
        Ok(Self::new())
    }
}
