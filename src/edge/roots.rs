//! Reads certificates of an authority of the operator's own, for servers that no public one vouches
//! for.
//!
//! # Promises
//! - `a_file_without_a_certificate_of_use_is_no_list_of_roots`

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::limits::ROOTS_BYTES_MAX;

/// The certificates in a PEM file; what else stands in it is passed over.
///
/// # Errors
/// The file cannot be read, or no certificate in it is of use.
pub fn read(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unread = |error: std::io::Error| format!("{path} cannot be read: {error}");
    let mut pem = Vec::new();
    let file = File::open(Path::new(path)).map_err(unread)?;
    file.take(ROOTS_BYTES_MAX.saturating_add(1)).read_to_end(&mut pem).map_err(unread)?;
    if u64::try_from(pem.len()).unwrap_or(u64::MAX) > ROOTS_BYTES_MAX {
        return Err(format!("{path} is longer than {ROOTS_BYTES_MAX} bytes"));
    }
    let found = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
    let is_of_use = |der: &CertificateDer<'static>| RootCertStore::empty().add(der.clone()).is_ok();
    let roots: Vec<_> = found.filter(is_of_use).collect();
    if roots.is_empty() {
        return Err(format!("{path} has no certificate of use in it"));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const AUTHORITY: &str = include_str!("../../tests/edges/certificates/authority.pem");

    #[test]
    fn a_file_without_a_certificate_of_use_is_no_list_of_roots() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("roots.pem");
        let path = path.to_str().unwrap();
        let count = |text: &str| {
            fs::write(path, text).unwrap();
            read(path).map(|roots| roots.len())
        };
        let junk = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert_eq!(count(AUTHORITY), Ok(1));
        assert_eq!(count(&format!("{AUTHORITY}{junk}{AUTHORITY}")), Ok(2));
        for text in ["", "hello", junk, &AUTHORITY[..300], &AUTHORITY.replace("CERTI", "certi")] {
            let fault = count(text).unwrap_err();
            assert!(fault.contains("has no certificate of use"), "{fault}");
        }
        assert!(count(&"x".repeat(300_000)).unwrap_err().contains("is longer than"));
        assert!(read("/nonexistent/roots.pem").unwrap_err().contains("cannot be read"));
    }
}
