//! Where the programs under test are: built with the tests, in the same profile.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, Result};

/// The path of the built binary. `scripts/test` builds it before the tests; a bare `cargo test` that has none yet gets it
/// built here, once.
pub fn path() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    once(&BUILT, "tidings", &["--package", "tidings-cli", "--bin", "tidings"])
}

/// The path of the receiver in Rust that the documentation shows, which is built with all tests.
pub fn receiver() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    once(&BUILT, "examples/receive", &["--package", "tidings-tests", "--example", "receive"])
}

fn once(built: &OnceLock<Result<PathBuf, String>>, name: &str, target: &[&str]) -> Result<PathBuf> {
    let built = built.get_or_init(|| find_or_build(name, target).map_err(|error| format!("{error:#}")));
    built.clone().map_err(anyhow::Error::msg)
}

fn find_or_build(name: &str, target: &[&str]) -> Result<PathBuf> {
    // A test runs as <target>/<profile>/deps/<name>-<hash>.
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("the test does not lie in a target folder")?;
    let program = profile.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.arg("build").args(target).current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        anyhow::ensure!(build.status()?.success(), "cannot build {name}");
    }
    Ok(program)
}
