//! `[vault]`: a HashiCorp Vault, or what speaks like one, for secrets by
//! `{ vault = "path#field" }`. Its KV store is of version 2.
//!
//! | key | type | default | meaning |
//! |---|---|---|---|
//! | `url` | address | required | of the server; `https`, or `http` on this box |
//! | `mount` | text | `secret` | where the KV store is mounted |
//! | `namespace` | text | none | for `X-Vault-Namespace` |
//! | `roots` | text | public ones | the PEM file of the authorities that vouch for it |
//! | `token` | secret | this, or a role | a token that others keep alive; no `vault` reference |
//! | `role_id` | text | none | an AppRole instead of a token |
//! | `secret_id` | secret | required by `role_id` | its secret half; no `vault` reference |

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;

use crate::config::{self, address, secret};
use crate::document::{Item, Table};
use crate::limits::VAULT_PATHS_MAX;
use crate::model::config::{Config, VaultConfig, VaultLogin};
use crate::model::secret::SecretRef;

/// Reads `[vault]`, and tells where it stands, if the file has it.
pub(super) fn read<'a>(root: &mut Table<'a>) -> (Option<VaultConfig>, Option<Item<'a>>) {
    let item = root.optional("vault");
    let table = item.as_ref().and_then(Item::table);
    (table.and_then(vault), item)
}

fn vault(mut table: Table<'_>) -> Option<VaultConfig> {
    let help = "Write url = \"https://vault.example.com:8200\".";
    let url = table.required("url", help).and_then(|item| server(&item));
    let mount = match table.optional("mount") {
        Some(item) => path(&item, item.text()?),
        None => Some("secret".into()),
    };
    let namespace = table.optional("namespace").map(|item| path(&item, item.text()?));
    let roots = table.optional("roots").map(|item| config::path(&item));
    let login = login(&mut table);
    table.finish();
    let roots = roots.map_or(Some(None), |roots| roots.map(Some))?;
    let namespace = namespace.map_or(Some(None), |namespace| namespace.map(Some))?;
    Some(VaultConfig { url: url?, mount: mount?, namespace, roots, login: login? })
}

fn login(table: &mut Table<'_>) -> Option<VaultLogin> {
    let token = table.optional("token");
    let role_id = table.optional("role_id");
    let secret_id = table.optional("secret_id");
    match (token, role_id, secret_id) {
        (Some(token), None, None) => secret::of_this_box(&token, OWN).map(VaultLogin::Token),
        (None, Some(role_id), Some(secret_id)) => {
            let role = match role_id.text()? {
                "" => role_id.refuse("there is nothing between the quotes", HELP),
                text => Some(text.into()),
            };
            let secret_id = secret::of_this_box(&secret_id, OWN);
            Some(VaultLogin::AppRole { role_id: role?, secret_id: secret_id? })
        }
        _ => table.item().refuse("it takes either a token or a role, and all of it", HELP),
    }
}

fn server(item: &Item<'_>) -> Option<Box<str>> {
    let url = address::read(item)?;
    if url.contains(['?', '#']) {
        let help = "End it with the port, or with the path under which Vault is.";
        return item.refuse("the address of a server has no query", help);
    }
    Some(url.trim_end_matches('/').into())
}

/// `path#field`, the value of the key `vault` of a reference.
pub(super) fn reference(item: &Item<'_>) -> Option<SecretRef> {
    let text = item.text()?;
    if !item.is_beside("vault") {
        let help = "Add a [vault] table with url and token, or with url, role_id and secret_id.";
        return item.refuse("the file does not say where the vault is", help);
    }
    match text.split_once('#') {
        Some((before, field)) if !field.is_empty() => {
            Some(SecretRef::Vault { path: path(item, before)?, field: field.into() })
        }
        Some(_) | None => item.refuse(
            format!("\"{text}\" names no field of a secret"),
            "Write path#field, such as \"andon/cxone#client_secret\"; the path is below the mount.",
        ),
    }
}

/// Segments that go into an address as they are.
fn path(item: &Item<'_>, text: &str) -> Option<Box<str>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~@+=:".contains(c);
    let is_good = |part: &str| part.chars().all(is_plain) && !["", ".", ".."].contains(&part);
    if text.split('/').all(is_good) {
        return Some(text.into());
    }
    let help = "Write letters, digits and -_.~@+=: in parts with one slash between them.";
    item.refuse(format!("\"{text}\" is no path of a vault"), help)
}

/// Paths are read one after the other, so a config has no more than a reading takes.
pub(super) fn refuse_too_many(vault: Option<&Item<'_>>, config: &Config) {
    let path = |reference: &SecretRef| match reference {
        SecretRef::Vault { path, .. } => Some(path.clone()),
        SecretRef::Credential(_) | SecretRef::File(_) => None,
    };
    let paths: BTreeSet<Box<str>> = config.secret_refs().into_iter().filter_map(path).collect();
    if let Some(vault) = vault.filter(|_| paths.len() > VAULT_PATHS_MAX) {
        let message = format!("{} paths of it are referred to", paths.len());
        let help = format!("Keep what belongs together under one path: {VAULT_PATHS_MAX} at most.");
        vault.refuse::<()>(message, help);
    }
}

const OWN: &str = "the key of the vault cannot lie in it";

const HELP: &str = "Write token = { credential = \"vault\" }, or role_id = \"...\" and \
                    secret_id = { credential = \"vault\" }.";
