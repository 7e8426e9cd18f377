//! Names to addresses: the system's resolver, behind a seam that tests can stand in for. It never judges an address.
//!
//! The system's resolver blocks a thread for as long as it likes, also when nobody waits for its answer any more. So a name
//! is asked for once at a time, whoever wants it, and few names are at once: threads are left for everybody else.

use std::{
    collections::HashMap,
    io,
    net::{SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::sync::Semaphore;

/// The addresses of a name, when they have come.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Something that knows the addresses of names.
pub trait Resolve: Send + Sync {
    /// The addresses of a host, best first, each with the port.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a>;
}

/// How many names the system is asked for at once.
const AT_ONCE: usize = 64;

/// What the system answered. A failure is kept in pieces, since several may wait for it.
type Found = Result<Vec<SocketAddr>, (io::ErrorKind, String)>;

/// The resolver of the operating system.
#[derive(Clone)]
pub struct SystemResolver {
    threads: Arc<Semaphore>,
    /// Those that are being asked for.
    under_way: Arc<Mutex<HashMap<(String, u16), Lookup>>>,
    /// Asks the system, however long it takes.
    ask: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
}

type Lookup = Shared<BoxFuture<'static, Found>>;

impl SystemResolver {
    /// One with threads of its own.
    pub fn new() -> Self {
        Self::asking(|host, port| Ok((host, port).to_socket_addrs()?.collect()))
    }

    fn asking(ask: fn(&str, u16) -> io::Result<Vec<SocketAddr>>) -> Self {
        Self { threads: Arc::new(Semaphore::new(AT_ONCE)), under_way: Arc::default(), ask }
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<(String, u16), Lookup>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lookup of a name that is under way, or a new one. It goes on though nobody waits for it any more.
    fn lookup(&self, name: &(String, u16)) -> Lookup {
        let begin = || {
            let (resolver, name) = (self.clone(), name.clone());
            let task = tokio::spawn(async move {
                let found = resolver.find(name.clone()).await;
                resolver.under_way().remove(&name);
                found
            });
            task.map(|ended| ended.unwrap_or_else(|error| Err((io::ErrorKind::Other, error.to_string()))))
                .boxed()
                .shared()
        };
        self.under_way().entry(name.clone()).or_insert_with(begin).clone()
    }

    async fn find(&self, (host, port): (String, u16)) -> Found {
        let kept = |error: io::Error| (error.kind(), error.to_string());
        let thread = self.threads.clone().acquire_owned().await.map_err(|error| kept(io::Error::other(error)))?;
        let ask = self.ask;
        let asked = tokio::task::spawn_blocking(move || {
            let found = ask(&host, port);
            drop(thread);
            found
        });
        asked.await.map_err(|error| kept(error.into()))?.map_err(kept)
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new()
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        let lookup = self.lookup(&(host.to_owned(), port));
        Box::pin(async move { lookup.await.map_err(|(kind, message)| io::Error::new(kind, message)) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    static ASKED: AtomicUsize = AtomicUsize::new(0);
    static ANSWERS: AtomicBool = AtomicBool::new(false);

    /// Answers when nothing keeps it from answering.
    fn slow(_: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        ASKED.fetch_add(1, Ordering::SeqCst);
        while !ANSWERS.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        if port == 1 { Err(io::ErrorKind::NotFound.into()) } else { Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))]) }
    }

    #[tokio::test]
    async fn a_name_is_asked_for_once_however_many_wait_or_have_gone() {
        let resolver = SystemResolver::asking(slow);
        let gone = resolver.resolve("shop.example", 443);
        drop(gone);
        let waiting = [resolver.resolve("shop.example", 443), resolver.resolve("shop.example", 443)];
        while ASKED.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        ANSWERS.store(true, Ordering::SeqCst);
        for found in futures_util::future::join_all(waiting).await {
            assert_eq!(found.unwrap(), [SocketAddr::from(([192, 0, 2, 1], 443))]);
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 1);
        let failed = resolver.resolve("shop.example", 1).await.unwrap_err();
        assert_eq!((failed.kind(), ASKED.load(Ordering::SeqCst)), (io::ErrorKind::NotFound, 2));
        assert!(resolver.under_way().is_empty());
    }
}
