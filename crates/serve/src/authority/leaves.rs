//! Certificates for hosts, made when clients ask for them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use pipetape_core::causes::with_causes;
use pipetape_core::partition::CodePipelineHost;
use rcgen::{Issuer, KeyPair};
use rustls::crypto::aws_lc_rs::sign::any_ecdsa_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use time::OffsetDateTime;
use tracing::{debug, warn};

use super::certificates::{LEAF_LIFE, new_leaf};
use super::error::AuthorityError;

/// A worker talks to one or two hosts. Further ones are made again each time.
pub(super) const MOST_LEAVES: usize = 64;

/// Gives a certificate for each host of CodePipeline that a client asks for by name, and for no
/// other host.
pub(super) struct Leaves {
    issuer: Issuer<'static, KeyPair>,
    intermediate: CertificateDer<'static>,
    authority_ends: OffsetDateTime,
    made: Mutex<HashMap<CodePipelineHost, Leaf>>,
}

struct Leaf {
    key: Arc<CertifiedKey>,
    made_at: OffsetDateTime,
}

impl Leaves {
    pub(super) fn new(
        issuer: Issuer<'static, KeyPair>,
        intermediate: CertificateDer<'static>,
        authority_ends: OffsetDateTime,
    ) -> Leaves {
        Leaves {
            issuer,
            intermediate,
            authority_ends,
            made: Mutex::default(),
        }
    }

    /// The certificate of a host: the former one, while more than half of its life is left.
    pub(super) fn certificate(
        &self,
        host: CodePipelineHost,
        now: OffsetDateTime,
    ) -> Result<Arc<CertifiedKey>, AuthorityError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = made.get(&host) {
            let age = now - leaf.made_at;
            // After the clock was set back, a certificate may be from the future.
            if !age.is_negative() && age < LEAF_LIFE / 2 {
                return Ok(Arc::clone(&leaf.key));
            }
        }
        let key = Arc::new(self.make(&host, now)?);
        if made.len() >= MOST_LEAVES && !made.contains_key(&host) {
            let oldest = made.iter().min_by_key(|(_, leaf)| leaf.made_at);
            if let Some(oldest) = oldest.map(|(host, _)| host.clone()) {
                made.remove(&oldest);
            }
        }
        let leaf = Leaf {
            key: Arc::clone(&key),
            made_at: now,
        };
        made.insert(host, leaf);
        Ok(key)
    }

    fn make(
        &self,
        host: &CodePipelineHost,
        now: OffsetDateTime,
    ) -> Result<CertifiedKey, AuthorityError> {
        let (leaf, key) = new_leaf(&host.to_string(), &self.issuer, now, self.authority_ends)
            .map_err(AuthorityError::Certificate)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = any_ecdsa_type(&key).map_err(AuthorityError::Tls)?;
        debug!(%host, "made a certificate");
        let chain = vec![leaf.into(), self.intermediate.clone()];
        Ok(CertifiedKey::new(chain, key))
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.made.lock().unwrap().len()
    }
}

impl ResolvesServerCert for Leaves {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = CodePipelineHost::parse(hello.server_name()?)?;
        let now = OffsetDateTime::now_utc();
        if now >= self.authority_ends {
            warn!("the certificate authority has expired: start again to have it renewed");
            return None;
        }
        self.certificate(host, now)
            .inspect_err(|error| warn!(error = with_causes(error), "no certificate"))
            .ok()
    }
}

impl fmt::Debug for Leaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaves")
            .field("authority_ends", &self.authority_ends)
            .finish_non_exhaustive()
    }
}
