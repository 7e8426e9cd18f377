//! A gateway on the embedded store, in this process: what `serve` and `demo` have in common.

use std::{
    fs::{File, TryLockError},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tidings_domain::id::OrderedIds;
use tidings_gateway::{
    Environment, Gateway, Settings,
    clock::{Random as _, SystemClock, SystemRandom},
    seal,
};
use tidings_store_sqlite::{Options, SqliteStore};
use tokio::{net::TcpListener, sync::watch};

use crate::{backup::DRAFT, options::ServeOptions};

/// The database's name in the data folder.
pub(crate) const DATABASE: &str = "tidings.db";
/// The folder in the data folder with uploaded files.
pub(crate) const MEDIA: &str = "media";
/// The file in the data folder that the one process which runs on it has locked.
pub(crate) const LOCK: &str = "tidings.lock";

/// How many files and connections are counted on at least, and made use of at most.
const FEWEST_FILES: usize = 256;
const MOST_FILES: usize = 65_536;

/// How many files and connections the process may have open, once the system has given it all that it may give.
fn file_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, ..limit };
    let raised = setrlimit(Resource::Nofile, most).is_ok();
    let current = if raised { limit.maximum } else { limit.current };
    current.and_then(|number| usize::try_from(number).ok()).unwrap_or(MOST_FILES)
}

/// A gateway that is ready to serve.
pub(crate) struct Host {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) address: SocketAddr,
    listener: TcpListener,
    store: Arc<SqliteStore>,
    lock: File,
}

impl Host {
    /// Opens the data folder and binds the address.
    pub(crate) async fn start(options: &ServeOptions) -> anyhow::Result<Self> {
        make_folder(&options.data)?;
        let lock = lock_folder(&options.data)?;
        let listener =
            TcpListener::bind(options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
        let address = listener.local_addr()?;
        let database = options.data.join(DATABASE);
        if let Some(left) = left_without_database(&options.data) {
            anyhow::bail!(
                "there is no {DATABASE} in {}, but {left}: restore a backup, or move that away to begin anew",
                options.data.display()
            );
        }
        let seal_key = seal::key_file(&options.seal_key_file, database.exists(), &SystemRandom)?;
        make_private(&database)?;
        let ids = OrderedIds::new(|bytes: &mut [u8]| SystemRandom.fill(bytes));
        let store = SqliteStore::open(Options { database: database.clone(), ids: Box::new(ids) })
            .with_context(|| format!("cannot open {}", database.display()))?;
        let store = Arc::new(store);
        // A quarter is left for everything else.
        let files = file_limit().clamp(FEWEST_FILES, MOST_FILES);
        let settings = Settings {
            public_url: options.public_url.clone().unwrap_or_else(|| format!("http://{address}")),
            admin_key: options.admin_key.clone(),
            allow_networks: options.allow_networks.clone(),
            deny_networks: options.deny_networks.clone(),
            max_connections: (files / 4).min(4_096),
            deliveries_at_once: files / 4,
            idle_connections: files / 4,
            requests_per_minute: options.requests_per_minute,
            kept: options.kept,
            ..Settings::new(seal_key, options.data.join(MEDIA))
        };
        let environment = Environment { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) };
        let gateway = Gateway::start(settings, store.clone(), environment).await?;
        Ok(Self { gateway, address, listener, store, lock })
    }

    /// Serves until `stop` is over, or the store has stopped because nothing can be promised any more.
    pub(crate) async fn serve(self, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        let Self { gateway, listener, store, lock, .. } = self;
        let mut broken = store.stopped();
        let stop = async {
            tokio::select! {
                () = stop => {}
                () = stopped(&mut broken) => {}
            }
        };
        tidings_gateway::serve(gateway.clone(), listener, stop).await?;
        let broken = *store.stopped().borrow();
        gateway.stop().await;
        tokio::task::spawn_blocking(move || store.close()).await?;
        drop(lock);
        anyhow::ensure!(!broken, "the store has stopped; see the log");
        Ok(())
    }
}

async fn stopped(broken: &mut watch::Receiver<bool>) {
    // A writer that has gone without a word is broken as well.
    let _ = broken.wait_for(|broken| *broken).await;
}

/// What tells that a folder without a database had one: files, which an empty database would not know and the server would
/// remove, or a restoring that was not finished.
pub(crate) fn left_without_database(data: &Path) -> Option<&'static str> {
    let has = |name: &str| data.join(name).exists();
    if has(DATABASE) {
        return None;
    }
    let shards = std::fs::read_dir(data.join(MEDIA)).into_iter().flatten().flatten();
    // Beside the shards there is the folder of what comes in.
    let has_files = shards.into_iter().any(|shard| shard.file_name().len() == 2);
    if has_files {
        return Some("files of messages are in it");
    }
    has(DRAFT).then_some("a backup was being restored into it")
}

/// The data folder is nobody else's business.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make the data folder {}", path.display()))
}

/// Only its owner may read what customers wrote. SQLite gives its other files the mode of the database.
fn make_private(database: &Path) -> anyhow::Result<()> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(database).map(drop).with_context(|| format!("cannot make {}", database.display()))
}

/// Two processes on one folder would each believe that the log ends where they left it. The lock ends with the process,
/// however that ends.
pub(crate) fn lock_folder(path: &Path) -> anyhow::Result<File> {
    let lock = path.join(LOCK);
    let file = File::create(&lock).with_context(|| format!("cannot make {}", lock.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!("another tidings runs on the data folder {}", path.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", lock.display())),
    }
}
