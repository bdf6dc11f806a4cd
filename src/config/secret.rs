//! Secrets by reference: `{ credential = "name" }`, `{ file = "/path" }` or
//! `{ vault = "path#field" }`, never the text itself.

use alloc::format;

use crate::config::{address, path, vault};
use crate::document::{Item, Value};
use crate::model::config::TextOrSecret;
use crate::model::secret::SecretRef;

/// A reference to a secret. A secret that stands in the file itself is refused, and not repeated.
pub(super) fn reference(item: &Item<'_>) -> Option<SecretRef> {
    if !matches!(item.value(), Value::Table(_)) {
        let help = "Write { credential = \"name\" }, { file = \"/path\" } or \
                    { vault = \"path#field\" }, and change the secret if others have seen this \
                    file.";
        return item.refuse_hidden("secrets never stand in the file", help);
    }
    let mut table = item.table()?;
    let credential = table.optional("credential");
    let file = table.optional("file");
    let vault = table.optional("vault");
    table.finish();
    match (credential, file, vault) {
        (Some(credential), None, None) => {
            let name = credential.text()?;
            // The name is one of a directory's files, so it must not lead out of the directory.
            if name.is_empty() || name.contains('/') || name.starts_with('.') {
                let message = format!("\"{name}\" is not the name of a credential");
                return credential
                    .refuse(message, "Write the name that the service unit gives it.");
            }
            Some(SecretRef::Credential(name.into()))
        }
        (None, Some(file), None) => path(&file).map(SecretRef::File),
        (None, None, Some(vault)) => vault::reference(&vault),
        _ => item.refuse(
            "the secret has to stand in exactly one place",
            "Write { credential = \"name\" }, { file = \"/path\" } or { vault = \"path#field\" }.",
        ),
    }
}

/// A reference to a secret of this box: one that is needed before Vault can be asked. `why` says
/// why it cannot lie there.
pub(super) fn of_this_box(item: &Item<'_>, why: &str) -> Option<SecretRef> {
    match reference(item)? {
        SecretRef::Vault { .. } => {
            item.refuse(why, "Write { credential = \"name\" } or { file = \"/path\" }.")
        }
        reference @ (SecretRef::Credential(_) | SecretRef::File(_)) => Some(reference),
    }
}

/// The path of a file of this box that is kept as secrets are, or a reference.
pub(super) fn path_or_reference(item: &Item<'_>) -> Option<SecretRef> {
    if matches!(item.value(), Value::Text(_)) {
        return path(item).map(SecretRef::File);
    }
    reference(item)
}

/// An address that may be a secret as a whole.
pub(super) fn address_or_reference(item: &Item<'_>) -> Option<TextOrSecret> {
    if matches!(item.value(), Value::Text(_)) {
        return address::read(item).map(TextOrSecret::Text);
    }
    reference(item).map(TextOrSecret::Secret)
}
