//! The compose file: images and variables, by the same rules as for pods.

use serde_json::Value;

use crate::Complaints;
use crate::environment;
use crate::images;
use crate::workload::{at, text};

/// All that is wrong with a rendered compose file.
#[must_use]
pub fn check(file: &Value) -> Complaints {
    let mut complaints = Vec::new();
    for (name, entry) in at(file, "services").as_object().into_iter().flatten() {
        let image = text(entry, "image");
        let found = match images::service(image) {
            Some(service) => {
                let mut found = images::check_image(name, image);
                found.extend(environment::check_service(&service, &variables(entry)));
                let built = at(entry, "build/args/SERVICE");
                if !at(entry, "build").is_null() && built.as_str() != Some(service.name) {
                    found.push(format!("builds SERVICE={built}, expected {}", service.name));
                }
                found
            }
            None => images::check_image(name, image),
        };
        complaints.extend(found.iter().map(|complaint| format!("service {name}: {complaint}")));
    }
    complaints
}

fn variables(entry: &Value) -> Vec<(String, String)> {
    let variables = at(entry, "environment").as_object().into_iter().flatten();
    let value = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    variables.map(|(name, text)| (name.clone(), value(text))).collect()
}
