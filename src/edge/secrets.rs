//! Reads the secrets that the config refers to: those of this box at once, and Vault's by `vault`,
//! on a thread.
//!
//! # Promises
//! - `a_credential_is_found_by_its_name_or_with_the_prefix_of_its_directory`
//! - `a_secret_that_is_not_there_is_named`

use std::fs;
use std::path::{Path, PathBuf};

use crate::edge::vault::Vault;
use crate::limits::SECRET_BYTES_MAX;
use crate::model::secret::{Secret, SecretRef, Secrets};

/// Where secrets are found.
#[derive(Debug, Clone, Default)]
pub struct Vaults {
    /// The service manager's credentials directory, where there is one.
    pub credentials: Option<PathBuf>,
    /// Vault, where the config has one.
    pub vault: Option<Vault>,
}

/// A secret that could not be read: what it is called and what to do.
pub type Missing = String;

impl Vaults {
    /// Reads every secret of this box once. What cannot be read is left out and named.
    /// Begins to read Vault's; they come as an event.
    #[must_use]
    pub fn read(&self, references: &[SecretRef]) -> (Secrets, Vec<Missing>) {
        if let Some(vault) = &self.vault {
            vault.start(references, self);
        }
        let mut secrets = Secrets::default();
        let mut missing = Vec::new();
        let is_own = |reference: &&SecretRef| !matches!(reference, SecretRef::Vault { .. });
        for reference in references.iter().filter(is_own) {
            match self.find(reference) {
                Ok(secret) => secrets.put(reference.clone(), secret),
                Err(why) => missing.push(format!("the secret {reference} cannot be read: {why}")),
            }
        }
        (secrets, missing)
    }

    /// Takes what the way to Vault needs of secrets that were read again.
    pub(super) fn reread(&self, secrets: &Secrets) {
        if let Some(vault) = &self.vault {
            vault.reread(secrets);
        }
    }

    /// Reads one secret of this box.
    ///
    /// # Errors
    /// Says what is wrong with its file.
    pub fn find(&self, reference: &SecretRef) -> Result<Secret, String> {
        match reference {
            SecretRef::Vault { .. } => Err("it is not on this box".into()),
            SecretRef::File(path) => text(Path::new(&**path)),
            SecretRef::Credential(name) => {
                let Some(directory) = &self.credentials else {
                    return Err(
                        "no service manager gave credentials; start andon as a service, set \
                                CREDENTIALS_DIRECTORY, or write { file = \"...\" }"
                            .into(),
                    );
                };
                // A credential of its own wins over one of a loaded directory, which systemd names
                // after the directory.
                text(&directory.join(&**name)).or_else(|first| {
                    text(&directory.join(format!("secrets_{name}"))).map_err(|_| first)
                })
            }
        }
    }
}

fn text(path: &Path) -> Result<Secret, String> {
    let size = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?.len();
    if size > SECRET_BYTES_MAX {
        return Err(format!("{} is longer than {SECRET_BYTES_MAX} bytes", path.display()));
    }
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match text.trim() {
        "" => Err(format!("{} is empty", path.display())),
        text => Ok(Secret::new(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vaults: &Vaults, reference: &SecretRef) -> Result<String, String> {
        let (secrets, mut missing) = vaults.read(core::slice::from_ref(reference));
        match secrets.get(reference) {
            Some(secret) => Ok(secret.expose().to_owned()),
            None => Err(missing.pop().unwrap_or_default()),
        }
    }

    #[test]
    fn a_credential_is_found_by_its_name_or_with_the_prefix_of_its_directory() {
        let directory = tempfile::tempdir().unwrap();
        let vaults = Vaults { credentials: Some(directory.path().into()), vault: None };
        let cxone = SecretRef::Credential("cxone".into());
        fs::write(directory.path().join("secrets_cxone"), "old\n").unwrap();
        assert_eq!(read(&vaults, &cxone), Ok("old".into()));
        fs::write(directory.path().join("cxone"), "new\n").unwrap();
        assert_eq!(read(&vaults, &cxone), Ok("new".into()));
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        let file = SecretRef::File("/nonexistent/key".into());
        let fault = read(&Vaults::default(), &file).unwrap_err();
        assert!(fault.contains("file \"/nonexistent/key\" cannot be read"), "{fault}");
        let fault = read(&Vaults::default(), &SecretRef::Credential("x".into())).unwrap_err();
        assert!(fault.contains("CREDENTIALS_DIRECTORY"), "{fault}");
    }
}
