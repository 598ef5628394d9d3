//! Manifests as they reach a cluster: overlays through `kubectl kustomize`, and
//! the compose file through `docker-compose config`, as plain values. The programs
//! are those of `.ci/install-tools`, in its place or on the path.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Why there is nothing to check.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A program is missing.
    #[error("{program} cannot be run ({reason}); .ci/install-tools installs it")]
    NoProgram {
        /// Its name.
        program: String,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A program refuses the manifests.
    #[error("{command}: {stderr}")]
    Refused {
        /// What was run.
        command: String,
        /// What it said.
        stderr: String,
    },
    /// What it printed is no YAML.
    #[error("{command} printed what is no YAML: {reason}")]
    NoYaml {
        /// What was run.
        command: String,
        /// Where it is wrong.
        reason: Box<serde_saphyr::Error>,
    },
}

/// The root of the project.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The documents of a directory with a kustomization, named from `deployments`.
///
/// # Errors
/// When it cannot be rendered.
pub fn kustomize(directory: &str) -> Result<Vec<Value>, RenderError> {
    let directory = root().join("deployments").join(directory);
    run("kubectl", &["kustomize", &directory.to_string_lossy()])
}

/// The compose file with all its profiles, variables filled in from their
/// defaults.
///
/// # Errors
/// When it cannot be rendered.
pub fn compose() -> Result<Value, RenderError> {
    let file = root().join("docker/compose.yaml");
    let arguments = ["--file", &*file.to_string_lossy(), "--profile", "*", "config"];
    Ok(run("docker-compose", &arguments)?.into_iter().next().unwrap_or_default())
}

fn run(program: &str, arguments: &[&str]) -> Result<Vec<Value>, RenderError> {
    let installed = root().join("target/tools/bin").join(program);
    let path = if installed.exists() { installed } else { PathBuf::from(program) };
    let command = format!("{program} {}", arguments.join(" "));
    // Variables of whoever runs the check would be filled in.
    let kept = std::env::vars().filter(|(name, _)| name == "PATH" || name == "HOME");
    let output = Command::new(path)
        .args(arguments)
        .env_clear()
        .envs(kept)
        .output()
        .map_err(|reason| RenderError::NoProgram { program: program.to_owned(), reason })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(RenderError::Refused { command, stderr });
    }
    serde_saphyr::from_multiple(&String::from_utf8_lossy(&output.stdout))
        .map_err(|reason| RenderError::NoYaml { command, reason: Box::new(reason) })
}
