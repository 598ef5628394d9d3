//! What the services share: messages, the exactly-once loop, state in changelog
//! topics, and configuration. It knows nothing of any single indicator.
#![forbid(unsafe_code)]

pub mod message;
pub mod source;
