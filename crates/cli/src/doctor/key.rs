//! The file with the key that secrets are sealed with.

use std::path::Path;

use tidings_gateway::{
    clock::SystemRandom,
    seal::{self, Seal, SealKey},
};
use tidings_store::Sealed;
use tidings_store_sqlite::Examiner;

use super::finding::Finding;

/// Looks whether it can be used, and whether it is the one that this database's secrets were sealed with.
pub(super) fn look(path: &Path, sealed_before: bool, database: Option<&Examiner>) -> Option<Finding> {
    if !path.exists() && !sealed_before {
        return None;
    }
    let advice = "without the key that the secrets were sealed with they are lost: bring the file back from a copy, and \
                  let only its owner read it (chmod 600)";
    let shown = path.display();
    // As it is there, or something was sealed, none is made.
    Some(match seal::key_file(path, true, &SystemRandom) {
        Err(error) => Finding::fail("sealing key", error.to_string(), advice),
        Ok(key) => match database.map(|database| is_right(&key, database)) {
            Some(false) => Finding::fail(
                "sealing key",
                format!("{shown} is not the key that this database's secrets were sealed with"),
                advice,
            ),
            Some(true) => Finding::ok("sealing key", format!("{shown} opens the secrets, and nobody else can read it")),
            None => Finding::ok("sealing key", format!("{shown} can be read, and by nobody else")),
        },
    })
}

/// A database that keeps no check has no secrets either.
fn is_right(key: &SealKey, database: &Examiner) -> bool {
    match database.setting(seal::CHECK) {
        Ok(Some(kept)) => Seal::from_key(key).check(&Sealed(kept)).is_ok(),
        Ok(None) | Err(_) => true,
    }
}
