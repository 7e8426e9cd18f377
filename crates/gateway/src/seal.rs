//! Secrets at rest: sealed here before the store sees them, opened here after. Also the key file beside the data.
//!
//! A sealed value says whose it is (its associated data), so that it opens nowhere else. It never leaves this crate in
//! the clear except to sign, to verify and to be shown the one time.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tidings_store::Sealed;

use crate::clock::Random;

/// The first byte of everything sealed this way.
const VERSION: u8 = 1;

/// The setting that only the key of the first start opens.
pub const CHECK: &str = "seal_check";

/// The key that secrets are sealed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealKey(pub [u8; 32]);

impl fmt::Debug for SealKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealKey(…)")
    }
}

impl SealKey {
    /// A new one.
    pub fn make(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// From 32 bytes in base64, as the key file has them. `None` for anything else.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text.trim()).ok()?.try_into().ok().map(Self)
    }

    /// A key for another purpose, which says nothing about this one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), purpose.as_bytes());
        let mut derived = [0; 32];
        derived.copy_from_slice(tag.as_ref());
        derived
    }
}

/// A sealed value cannot be opened: another key sealed it, it belongs elsewhere, or it was damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened: was the key file replaced?")]
pub struct CannotOpen;

/// Seals and opens secrets by AES-256-GCM.
pub struct Seal {
    key: LessSafeKey,
}

impl Seal {
    /// With this key.
    pub fn from_key(key: &SealKey) -> Self {
        let unbound = UnboundKey::new(&AES_256_GCM, &key.0).expect("a key of AES-256 has 32 bytes");
        Self { key: LessSafeKey::new(unbound) }
    }

    /// Seals a value that belongs to `owner`.
    pub fn seal(&self, random: &dyn Random, owner: &str, plain: &[u8]) -> Sealed {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut secret = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner.as_bytes()), &mut secret)
            .expect("a secret is shorter than AES-GCM's limit of 64 GiB");
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + secret.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&secret);
        Sealed(sealed)
    }

    /// What only this key opens, to be kept as [`CHECK`].
    pub(crate) fn make_check(&self, random: &dyn Random) -> Sealed {
        self.seal(random, CHECK, b"")
    }

    /// Whether the value that is kept as [`CHECK`] was made with this key.
    pub fn check(&self, kept: &Sealed) -> Result<(), CannotOpen> {
        self.open(CHECK, kept).map(drop)
    }

    /// Opens a value that was sealed for `owner`.
    pub fn open(&self, owner: &str, sealed: &Sealed) -> Result<Vec<u8>, CannotOpen> {
        let rest = sealed.0.strip_prefix(&[VERSION]).ok_or(CannotOpen)?;
        let (nonce, secret) = rest.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
        let mut secret = secret.to_vec();
        let length =
            self.key.open_in_place(nonce, Aad::from(owner.as_bytes()), &mut secret).map_err(|_| CannotOpen)?.len();
        secret.truncate(length);
        Ok(secret)
    }
}

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The system refused.
    #[error("cannot use the key file {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read it.
    #[error("the key file {path} may be read by others (mode {mode:o}): run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is not there, and another key could not open what is stored.
    #[error("the key file {path} is missing, and what is stored was sealed with it: put it back from a backup")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("the key file {path} does not hold 32 bytes in base64")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the key from its file, which only its owner may read. If there is none it is made, unless something has been
/// sealed already (`sealed_before`), which another key could never open.
pub fn key_file(path: &Path, sealed_before: bool, random: &dyn Random) -> Result<SealKey, KeyFileError> {
    let failed = |source| KeyFileError::Io { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => {
            let mode = mode_of(path).map_err(failed)?;
            if mode & 0o077 != 0 {
                return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
            }
            SealKey::from_base64(&text).ok_or_else(|| KeyFileError::Malformed { path: path.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && sealed_before => {
            Err(KeyFileError::Missing { path: path.to_owned() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = SealKey::make(random);
            write_key(path, &key).map_err(failed)?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(KeyFileError::Malformed { path: path.to_owned() })
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes beside the file and then moves it there, so that a power cut never leaves half a key.
fn write_key(path: &Path, key: &SealKey) -> io::Result<()> {
    let draft = path.with_extension("key.new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", STANDARD.encode(key.0))?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => fs::File::open(".")?.sync_all(),
    }
}

#[cfg(unix)]
fn mode_of(path: &Path) -> io::Result<u32> {
    Ok(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions()) & 0o777)
}

#[cfg(not(unix))]
fn mode_of(_path: &Path) -> io::Result<u32> {
    Ok(0o600)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemRandom;

    #[test]
    fn what_is_sealed_opens_for_its_owner_alone() {
        let seal = Seal::from_key(&SealKey([7; 32]));
        let sealed = seal.seal(&SystemRandom, "chan_1", b"secret");
        assert_eq!(seal.open("chan_1", &sealed), Ok(b"secret".to_vec()));
        assert_eq!(seal.open("chan_2", &sealed), Err(CannotOpen));
        assert_eq!(Seal::from_key(&SealKey([8; 32])).open("chan_1", &sealed), Err(CannotOpen));
        assert!(!sealed.0.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn damage_is_noticed_wherever_it_is() {
        let seal = Seal::from_key(&SealKey([7; 32]));
        let sealed = seal.seal(&SystemRandom, "chan_1", b"secret");
        for place in 0..sealed.0.len() {
            let mut damaged = sealed.clone();
            damaged.0[place] ^= 1;
            assert_eq!(seal.open("chan_1", &damaged), Err(CannotOpen), "byte {place}");
        }
        for length in 0..sealed.0.len() {
            assert_eq!(seal.open("chan_1", &Sealed(sealed.0[..length].to_vec())), Err(CannotOpen));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.key");
        let key = key_file(&path, false, &SystemRandom).unwrap();
        assert_eq!(mode_of(&path).unwrap(), 0o600);
        assert_eq!(key_file(&path, true, &SystemRandom).unwrap(), key);
        let missing = folder.path().join("other.key");
        assert!(matches!(key_file(&missing, true, &SystemRandom), Err(KeyFileError::Missing { .. })));
        assert!(!missing.exists());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(key_file(&path, false, &SystemRandom), Err(KeyFileError::Exposed { mode: 0o640, .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "not a key").unwrap();
        assert!(matches!(key_file(&path, false, &SystemRandom), Err(KeyFileError::Malformed { .. })));
    }
}
