//! How pods are restricted: what every one of them has to say about itself.

use serde_json::Value;

use crate::Complaints;
use crate::images;
use crate::workload::{at, containers, list, text, title, workloads};

/// Pods that may do more than they need.
#[must_use]
pub fn check(documents: &[Value]) -> Complaints {
    let mut complaints = Vec::new();
    for workload in workloads(documents) {
        let pod = at(workload, "spec/template/spec");
        let is = |value: &Value, path: &str, wanted: Value| *at(value, path) == wanted;
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                complaints.push(format!("{}: expected {what}", title(workload)));
            }
        };
        expect(is(pod, "automountServiceAccountToken", false.into()), "no service-account token");
        expect(is(pod, "securityContext/runAsNonRoot", true.into()), "runAsNonRoot");
        let user = at(pod, "securityContext/runAsUser").as_u64();
        expect(user.is_some_and(|user| user > 0), "a numeric user that is not root");
        let seccomp = is(pod, "securityContext/seccompProfile/type", "RuntimeDefault".into());
        expect(seccomp, "seccomp's RuntimeDefault");
        for container in containers(workload) {
            let context = at(container, "securityContext");
            expect(is(context, "readOnlyRootFilesystem", true.into()), "a read-only file system");
            let escalation = is(context, "allowPrivilegeEscalation", false.into());
            expect(escalation, "no privilege escalation");
            let drops_all = list(context, "capabilities/drop").any(|name| name == "ALL");
            expect(drops_all, "all capabilities dropped");
            let memory = at(container, "resources/limits/memory");
            expect(!memory.is_null(), "a limit of memory");
            if images::program(container).is_some_and(|program| program.is_served()) {
                let asks = |probe: &str, path: &str| {
                    text(container, &format!("{probe}/httpGet/path")) == path
                };
                expect(asks("livenessProbe", "/healthz"), "a livenessProbe of /healthz");
                expect(asks("readinessProbe", "/readyz"), "a readinessProbe of /readyz");
            }
        }
    }
    complaints
}
