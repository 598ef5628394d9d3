//! The manifests of production, and a way to break one thing of them.

use deployment_check::{Complaints, render};
use serde_json::Value;
use std::sync::OnceLock;

pub(crate) fn prod() -> Vec<Value> {
    static PROD: OnceLock<Vec<Value>> = OnceLock::new();
    PROD.get_or_init(|| render::kustomize("prod").unwrap()).clone()
}

/// Sets what is at a JSON pointer of a document. `Deployment trades` finds it; a
/// config map's hash may be left out.
pub(crate) fn set(documents: &mut [Value], title: &str, pointer: &str, value: Value) {
    let (kind, name) = title.split_once(' ').unwrap();
    let document = documents
        .iter_mut()
        .find(|document| {
            let found = document["metadata"]["name"].as_str().unwrap();
            let is_hashed =
                kind == "ConfigMap" && found.rsplit_once('-').is_some_and(|f| f.0 == name);
            document["kind"] == kind && (found == name || is_hashed)
        })
        .expect(title);
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).expect(pointer);
    match last.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[last.replace("~1", "/")] = value,
    }
}

/// Breaks one thing of the documents, and expects one complaint with these words.
pub(crate) fn expect(
    documents: Vec<Value>,
    check: impl Fn(&[Value]) -> Complaints,
    breaks: &[(&str, &str, Value)],
    words: &[&str],
) {
    assert_eq!(check(&documents), Vec::<String>::new(), "before anything is broken");
    let mut broken = documents;
    for (title, pointer, value) in breaks {
        set(&mut broken, title, pointer, value.clone());
    }
    let complaints = check(&broken);
    let is_found = |line: &String| words.iter().all(|word| line.contains(word));
    assert!(complaints.iter().any(is_found), "{breaks:?} gives {complaints:?}, expected {words:?}");
}

/// The first container of a workload.
pub(crate) const CONTAINER: &str = "/spec/template/spec/containers/0";
