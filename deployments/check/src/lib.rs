//! What the schemas of Kubernetes and compose cannot say about this project's
//! manifests: that names which refer to each other are the same, that numbers fit
//! together, and that the services read what they are given. What a service reads
//! comes from the service itself, its command line. Each check takes what
//! `kubectl kustomize` rendered and returns its complaints, none where all is
//! well; the tests hold the project's manifests, and broken ones, against it.
#![forbid(unsafe_code)]

pub mod compose;
pub mod environment;
pub mod images;
pub mod names;
pub mod numbers;
pub mod pods;
pub mod render;
pub mod services;
pub mod settings;
pub mod topics;
pub mod workload;

/// What a check has to say: one line each, and none where all is well.
pub type Complaints = Vec<String>;
