//! `andon register`: the webhook is there once, whatever was there before, and each exit code says
//! whose fault it is that it is not.

use std::process::{Command, Output};

use crate::hub::{andon, ended, text};
use crate::world::{CLIENT_SECRET, Mood, World};

/// A world whose source may manage webhooks.
fn world() -> World {
    let world = World::new(1, Mood::Busy);
    let base = format!("http://{}", world.platform.address);
    let source = world.source("bank", &base).replacen(
        "client_id",
        &format!(
            "scope = \"realtime:read analytics:read webhook.manage\"\nplatform_url = \"{base}\"\n\
             webhook_url = \"https://gateway.example/ingest/bank\"\nclient_id"
        ),
        1,
    );
    world.write("andon.toml", &world.config(&source));
    world
}

fn command(world: &World, arguments: &[&str]) -> Command {
    let mut command = andon();
    command.arg("register").args(arguments).arg("--config").arg(world.path("andon.toml"));
    command
}

fn register(world: &World, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = ended(&mut command(world, arguments));
    assert_eq!(status.code(), Some(0), "{}", text(&stderr));
    text(&stdout)
}

/// The exit code, and what is said on stderr.
fn refused(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = ended(&mut command(world, arguments));
    assert!(stdout.is_empty(), "{}", text(&stdout));
    assert!(!text(&stderr).contains(CLIENT_SECRET), "{}", text(&stderr));
    (status.code(), text(&stderr))
}

fn registered(world: &World) -> Vec<String> {
    let desk = world.platform.desk();
    let urls = desk.busy.webhooks().iter().map(|webhook| webhook["url"].as_str().unwrap().into());
    urls.collect()
}

#[test]
fn a_webhook_is_registered_once_corrected_and_removed() {
    let world = world();
    let said = register(&world, &["bank"]);
    assert!(said.contains("the platform had no webhook"), "{said}");
    assert!(said.contains("created wh-1, delivered to https://gateway.example/ingest/bank"));
    let said = register(&world, &["bank"]);
    assert!(said.contains("nothing to do, ours is as it should be"), "{said}");
    assert_eq!(registered(&world), ["https://gateway.example/ingest/bank"]);
    let moved = "https://moved.example/ingest/bank";
    let said = register(&world, &["bank", "--list", "--url", moved, "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(shown["listed"][0]["differs"], "url");
    assert_eq!(shown["done"], serde_json::json!([]));
    register(&world, &["bank", "--url", moved]);
    assert_eq!(registered(&world), [moved]);
    let said = register(&world, &["bank", "--remove"]);
    assert!(said.contains("bank: removed wh-2"), "{said}");
    assert_eq!(registered(&world), [""; 0]);
}

#[test]
fn whose_fault_it_is_stands_in_the_exit_code() {
    let world = world();
    let (code, said) = refused(&world, &["bonk"]);
    assert!(code == Some(64) && said.contains("has no source bonk; it has bank"), "{said}");
    let config = std::fs::read_to_string(world.path("andon.toml")).unwrap();
    let rewritten = |from: &str, to: &str| {
        assert!(config.contains(from), "{from}");
        world.write("andon.toml", &config.replace(from, to));
    };
    rewritten("webhook_url = \"https://gateway.example/ingest/bank\"\n", "");
    let (code, said) = refused(&world, &["bank"]);
    assert!(code == Some(64) && said.contains("Write webhook_url into its [[source]]"), "{said}");
    rewritten(" webhook.manage", "");
    let (code, said) = refused(&world, &["bank"]);
    assert!(code == Some(77) && said.contains("webhook.manage is needed"), "{said}");
    let base = format!("http://{}", world.platform.address);
    rewritten(&format!("platform_url = \"{base}\""), "platform_url = \"http://127.0.0.1:9\"");
    let (code, said) = refused(&world, &["bank"]);
    assert!(code == Some(69) && said.contains("http://127.0.0.1:9 cannot be asked"), "{said}");
    world.write("cxone", "another-secret");
    world.write("andon.toml", &config);
    let (code, said) = refused(&world, &["bank"]);
    assert!(code == Some(77) && said.contains("no token: the platform answered 401"), "{said}");
    std::fs::remove_file(world.path("cxone")).unwrap();
    let (code, said) = refused(&world, &["bank"]);
    assert!(code == Some(78) && said.contains("cannot be read"), "{said}");
    assert_eq!(registered(&world), [""; 0]);
}
