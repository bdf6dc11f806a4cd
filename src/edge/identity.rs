//! Who we are to servers that ask: a client certificate with its key.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PrivateKey};

use crate::model::http::Identity;

/// Whether a certificate and its key can be shown.
///
/// # Errors
/// Says what is wrong with them, and the mend.
pub fn check(identity: &Identity) -> Result<(), &'static str> {
    certified(identity).map(|_| ())
}

/// A client certificate with its key, as the library takes it.
///
/// # Errors
/// Says what is wrong with it, and the mend.
pub(super) fn certified(identity: &Identity) -> Result<ClientCert, &'static str> {
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_slice_iter(identity.certificate.expose().as_bytes()).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(NO_CERTIFICATE)?;
    let pem = identity.key.expose().as_bytes();
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| NO_KEY)?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain.clone(), key, &provider).map_err(|fault| {
        if matches!(fault, rustls::Error::InconsistentKeys(_)) { NO_PAIR } else { NO_USE }
    })?;
    let chain: Vec<Certificate<'static>> =
        chain.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let key = PrivateKey::from_pem(pem).map_err(|_| NO_KEY)?;
    Ok(ClientCert::new_with_certs(&chain, key))
}

const NO_CERTIFICATE: &str = "client_certificate holds no certificate. Write it in PEM";
const NO_KEY: &str = "client_key holds no private key. Write one in PEM, without a password";
const NO_PAIR: &str = "client_certificate and client_key do not go together. Renew both at once";
const NO_USE: &str = "client_certificate or client_key is of no use to TLS";
