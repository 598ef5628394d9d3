//! The list of settings, `.env.example`: it has every variable that a service
//! reads and no others, and what it shows as a default is one.

use std::collections::BTreeMap;

use crate::Complaints;
use crate::services::Service;

/// What is wrong with the text of `.env.example`.
#[must_use]
pub fn check(example: &str) -> Complaints {
    let mut complaints = Vec::new();
    let mut listed = BTreeMap::new();
    for line in example.lines() {
        let setting = line.strip_prefix('#').unwrap_or(line).split_once('=');
        let Some((name, value)) = setting.filter(|(name, _)| is_variable(name)) else { continue };
        if listed.insert(name, value).is_some() {
            complaints.push(format!("{name} is listed twice"));
        }
    }
    let services = Service::all();
    let read = |name: &str| {
        services.iter().any(|service| service.options().any(|(variable, _)| variable == name))
    };
    for name in listed.keys().filter(|name| !read(name)) {
        complaints.push(format!("{name} is listed, and no service reads it"));
    }
    for service in &services {
        for (variable, arg) in service.options() {
            let Some(shown) = listed.get(variable.as_str()) else {
                complaints.push(format!("{variable} is read by {}, and not listed", service.name));
                continue;
            };
            let default = arg.get_default_values().first().map(|value| value.to_string_lossy());
            if default.is_some_and(|default| default != *shown) {
                complaints.push(format!(
                    "{variable} shows '{shown}', and the default of {} is another",
                    service.name
                ));
            }
        }
    }
    complaints
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}
