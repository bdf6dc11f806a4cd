//! `andon selftest`: each target hears a test that says it is one, and the exit code says whose
//! fault it is that one does not.

use std::process::Output;

use andon::demo::http::{Incoming, Reaction, json_reply};
use andon::model::http::Reply;
use andon::model::time::UtcMs;
use serde_json::json;

use crate::hub::{andon, ended, text};
use crate::server::{Desk, Server};
use crate::world::{Mood, World};

fn selftest(world: &World, arguments: &[&str]) -> (i32, String) {
    let mut command = andon();
    command.arg("selftest").args(arguments).arg("--config").arg(world.path("andon.toml"));
    let Output { status, stdout, stderr } = ended(&mut command);
    (status.code().unwrap(), text(&stdout) + &text(&stderr))
}

fn world() -> World {
    let world = World::new(1, Mood::Calm);
    let source = world.source("bank", &format!("http://{}", world.platform.address));
    let more = format!(
        "{source}[[target]]\nname = \"nobody\"\nkind = \"teams\"\n\
         url = \"http://127.0.0.1:1/flow\"\n\n\
         [[target]]\nname = \"astray\"\nkind = \"webhook\"\nurl = \"http://{}/nowhere\"\n\
         token = {{ file = {:?} }}\n\n[[target]]\nname = \"keyless\"\nkind = \"datadog\"\n\
         api_key = {{ file = \"/nonexistent\" }}\n\n",
        world.slack.address,
        world.path("cxone"),
    );
    world.write("andon.toml", &world.config(&more));
    world
}

#[test]
fn a_target_is_told_a_test_and_nothing_stays_open() {
    let world = world();
    let (code, said) = selftest(&world, &["pagerduty"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("pagerduty: told, in 2 requests"), "{said}");
    let pages = world.pagerduty.desk().events().count();
    assert_eq!(pages, 2);
    let (code, said) = selftest(&world, &["slack"]);
    assert_eq!((code, said.contains("slack: told; see whether")), (0, true), "{said}");
}

#[test]
fn each_exit_code_says_whose_fault_it_is() {
    let world = world();
    for (target, code, words) in [
        ("nobody", 69, "nobody: not told, for the way there: http://127.0.0.1:1: no connection"),
        ("astray", 76, "astray: not told, since it does not take what it was sent: answered 404"),
        ("keyless", 78, "keyless: not told, and the mend is on this side: file \"/nonexistent\""),
        (
            "somebody",
            64,
            "has no target somebody; it has nobody, astray, keyless, pagerduty, slack",
        ),
    ] {
        let (found, said) = selftest(&world, &[target]);
        assert_eq!(found, code, "{target}: {said}");
        assert!(said.contains(words), "{target}: {said}");
    }
    let (code, said) = selftest(&world, &["--all", "--json"]);
    assert_eq!(code, 69, "of the first that is not told: {said}");
    let verdicts: Vec<serde_json::Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(verdicts.len(), 5, "{said}");
    assert_eq!(verdicts[3]["verdict"], "told");
    assert_eq!(verdicts[0]["whose"], "way");
}

/// Gives a token to whoever knows the secret, and lets in who shows it.
struct ByToken;

impl Desk for ByToken {
    fn receive(&mut self, incoming: &Incoming, utc: UtcMs) -> Reaction {
        let form = incoming.form();
        let is_client = form.iter().any(|(name, value)| name == "client_secret" && value == "hush");
        let reply = match (incoming.route(), incoming.header("authorization")) {
            ("/token", _) if is_client => json_reply(200, &json!({ "access_token": "a-token" })),
            ("/token", _) => json_reply(401, &json!({ "error": "invalid_client" })),
            (_, Some("Bearer a-token")) => Reply::empty(204),
            _ => Reply::empty(401),
        };
        Reaction::reply_at(reply, utc)
    }
}

#[test]
fn a_target_that_wants_a_token_is_asked_for_one_first() {
    let world = World::new(1, Mood::Calm);
    let server = Server::start(ByToken);
    let source = world.source("bank", &format!("http://{}", world.platform.address));
    let target = |name: &str, tokens: &str| {
        format!(
            "[[target]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"http://{}/hook\"\n\
             client_id = \"andon\"\nclient_secret = {{ file = {:?} }}\n\
             token_url = \"{tokens}\"\n\n",
            server.address,
            world.path(name),
        )
    };
    let tokens = format!("http://{}/token", server.address);
    let targets = [
        target("client", &tokens),
        target("stranger", &tokens),
        target("astray", "http://127.0.0.1:1/token"),
    ];
    world.write("client", "hush");
    world.write("stranger", "another-secret");
    world.write("astray", "hush");
    world.write("andon.toml", &world.config(&format!("{source}{}", targets.concat())));
    for (name, code, words) in [
        ("client", 0, "client: told, in 3 requests"),
        ("stranger", 77, "invalid_client; check the target's client_id and client_secret"),
        ("astray", 69, "astray: not told, for the way there: http://127.0.0.1:1: no connection"),
    ] {
        let (found, said) = selftest(&world, &[name]);
        assert_eq!(found, code, "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
    }
}
