//! The client: what all pools share, which is the policy, the resolver and the TLS settings. It holds no connection.

use std::{fmt, sync::Arc};

use rustls::{ClientConfig, RootCertStore};
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    address::{AddressPolicy, AddressRefused},
    pool::{Pool, PoolLimits},
    resolve::{Resolve, SystemResolver},
};

/// Whom TLS trusts.
#[derive(Debug, Clone)]
pub enum Roots {
    /// The operating system's certificates, read when the first secured connection is made.
    System,
    /// These.
    Given(RootCertStore),
}

/// What all pools share. A clone is the same client.
#[derive(Clone)]
pub struct Client {
    parts: Arc<Parts>,
}

struct Parts {
    policy: AddressPolicy,
    resolver: Box<dyn Resolve>,
    roots: Roots,
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Client {
    /// A client that asks the operating system for addresses.
    pub fn new(policy: AddressPolicy, roots: Roots) -> Self {
        Self::with_resolver(policy, roots, Box::new(SystemResolver::new()))
    }

    /// A client that asks another resolver.
    pub fn with_resolver(policy: AddressPolicy, roots: Roots, resolver: Box<dyn Resolve>) -> Self {
        Self { parts: Arc::new(Parts { policy, resolver, roots, tls: OnceCell::new() }) }
    }

    /// A pool of connections to one place, apart from every other pool. Nothing is connected yet.
    pub fn pool(&self, url: &str, limits: PoolLimits) -> Result<Pool, AddressRefused> {
        let url = self.parts.policy.judge_url(url)?;
        Pool::new(self.clone(), &url, limits)
    }

    /// The policy that this client keeps.
    pub fn policy(&self) -> &AddressPolicy {
        &self.parts.policy
    }

    pub(crate) fn resolver(&self) -> &dyn Resolve {
        self.parts.resolver.as_ref()
    }

    /// The TLS settings, made at the first use: reading the system's certificates takes time and memory, and an
    /// installation that speaks only plain HTTP should pay neither. The error says why there are none.
    pub(crate) async fn tls(&self) -> Result<Arc<ClientConfig>, String> {
        self.parts.tls.get_or_try_init(|| load(self.parts.roots.clone())).await.cloned()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("policy", &self.parts.policy).finish_non_exhaustive()
    }
}

async fn load(roots: Roots) -> Result<Arc<ClientConfig>, String> {
    let roots = match roots {
        Roots::Given(roots) => roots,
        Roots::System => spawn_blocking(system_roots).await.map_err(|error| error.to_string())??,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The operating system's certificates. One that can not be read does not spoil the others.
fn system_roots() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a trusted certificate of the system could not be read");
    }
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err("this machine has no trusted certificates; install its ca-certificates package or name a file in \
                    SSL_CERT_FILE"
            .to_owned());
    }
    Ok(roots)
}
