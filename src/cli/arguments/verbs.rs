//! What the commands with verbs or rules of their own take: `silence`, `windows`, `dead-letters`,
//! `register`, `ack`.

use andon::api::LettersBody;
use andon::platform::Goal;

use crate::cli::arguments::{PLACE, Typed};
use crate::cli::exit::Fault;
use crate::cli::help::HELP;
use crate::cli::options::{
    AskOptions, Command, HandOptions, Handing, LettersOptions, LettersVerb, PreviewOptions,
    Question, RegisterOptions, RouteOptions, SilenceOptions, Silencing,
};

/// Whether a platform can be told to push there; `http` is for one on this box.
fn is_address(url: &str) -> bool {
    let plain = !url.contains(|c: char| c.is_whitespace() || c.is_control());
    let is_own = ["http://127.0.0.1", "http://localhost"].iter().any(|own| url.starts_with(own));
    plain && (url.starts_with("https://") || is_own)
}

impl Typed {
    pub(super) fn register(self, verb: &str) -> Result<Command, Fault> {
        self.only(verb, 1, &["--json", "--config", "--url", "--list", "--remove"])?;
        let is_given = |option| self.given.contains(&option);
        let goal = match (is_given("--list"), is_given("--remove")) {
            (false, false) => Goal::Register,
            (true, false) => Goal::Show,
            (false, true) => Goal::Remove,
            (true, true) => {
                return Err(Fault::usage(format!(
                    "--list and --remove exclude each other\n\n{HELP}"
                )));
            }
        };
        if self.url.as_ref().is_some_and(|url| !is_address(url)) {
            let why = "--url has to begin with https://, as the platform reaches it";
            return Err(Fault::usage(why));
        }
        let (source, config) = (self.operand()?, self.config());
        let (url, json) = (self.url, self.json);
        Ok(Command::Register(RegisterOptions { source, config, goal, url, json }))
    }

    pub(super) fn route(self, verb: &str) -> Result<Command, Fault> {
        self.only(verb, 0, &["--for", "--at", "--source", "--config", "--json"])?;
        let key = self.about.clone();
        let key = key.ok_or_else(|| Fault::usage("say which alert: --for KEY".to_owned()))?;
        let (config, json) = (self.config(), self.json);
        Ok(Command::Route(RouteOptions { key, at: self.at, source: self.source, config, json }))
    }

    pub(super) fn ask(
        self,
        verb: &str,
        question: Question,
        operands: usize,
    ) -> Result<Command, Fault> {
        self.only(verb, operands, &PLACE)?;
        Ok(Command::Ask(AskOptions { question, place: self.place() }))
    }

    pub(super) fn hand(self, verb: &str, handing: Handing) -> Result<Command, Fault> {
        self.only(verb, 1, &[&PLACE[..], &["--by", "--for-seconds"]].concat())?;
        let by = self.by.clone();
        let by = by.ok_or_else(|| Fault::usage("say who you are: --by NAME".to_owned()))?;
        let seconds = self.for_seconds.map(u32::try_from).transpose();
        let seconds = seconds.map_err(|_| Fault::usage("--for-seconds is too long".to_owned()))?;
        let (key, place) = (self.operand()?, self.place());
        Ok(Command::Hand(HandOptions { key, by, seconds, handing, place }))
    }

    /// `silence add ABOUT... --owner NAME --comment WHY`, `silence list`, `silence expire ID`.
    pub(super) fn silence(mut self, verb: &str) -> Result<Command, Fault> {
        let act = self.operand()?;
        let act = match act.as_str() {
            "list" => return self.ask(verb, Question::Silences, 1),
            "expire" => {
                self.only(verb, 2, &PLACE)?;
                let id = self.operands.get(1).cloned();
                let id = id.ok_or_else(|| Fault::usage("which one? andon silence expire ID"))?;
                Silencing::Expire(id)
            }
            "add" => {
                let known = ["--owner", "--comment", "--for-seconds", "--until"];
                self.only(verb, usize::MAX, &[&PLACE[..], &known].concat())?;
                let missing = |what: &str| Fault::usage(format!("say {what}"));
                Silencing::Add {
                    about: self.operands.split_off(1),
                    owner: self.owner.take().ok_or_else(|| missing("who: --owner NAME"))?,
                    comment: self.comment.take().ok_or_else(|| missing("why: --comment TEXT"))?,
                    seconds: self.for_seconds,
                    until: self.until.take(),
                }
            }
            other => {
                return Err(Fault::usage(format!("`andon silence` has no `{other}`\n\n{HELP}")));
            }
        };
        Ok(Command::Silence(SilenceOptions { act, place: self.place() }))
    }

    /// `windows preview [NAME]`.
    pub(super) fn preview(self, verb: &str) -> Result<Command, Fault> {
        self.only(verb, 2, &["--config", "--at", "--json"])?;
        if self.operand()? != "preview" {
            return Err(Fault::usage(format!("write `andon windows preview`\n\n{HELP}")));
        }
        let (name, config) = (self.operands.get(1).cloned(), self.config());
        Ok(Command::Preview(PreviewOptions { name, config, at: self.at, json: self.json }))
    }

    pub(super) fn letters(self, verb: &str) -> Result<Command, Fault> {
        let order = match self.operands.first().map(String::as_str) {
            None => return self.ask(verb, Question::DeadLetters, 0),
            Some("list") => return self.ask(verb, Question::DeadLetters, 1),
            Some("retry") => LettersVerb::Retry,
            Some("drop") => LettersVerb::Drop,
            Some(other) => {
                let said = format!("dead-letters: list, retry or drop, not `{other}`\n\n{HELP}");
                return Err(Fault::usage(said));
            }
        };
        let own: &[&str] = match order {
            LettersVerb::Retry => &["--target", "--all", "--force"],
            LettersVerb::Drop => &["--target", "--all"],
        };
        self.only(verb, 2, &[&PLACE[..], own].concat())?;
        let number = self.operands.get(1).map(|number| number.parse()).transpose();
        let number = number.map_err(|_| Fault::usage("a dead letter has a number".to_owned()))?;
        let is_given = |option| self.given.contains(&option);
        let (all, force) = (is_given("--all"), is_given("--force"));
        let target = self.target.as_deref().map(Into::into);
        let named = [number.is_some(), target.is_some(), all];
        if named.iter().filter(|is_named| **is_named).count() != 1 {
            let said = "say which: the NUMBER of one, --target NAME or --all";
            return Err(Fault::usage(said.to_owned()));
        }
        let body = LettersBody { number, target, all, force };
        Ok(Command::Letters(LettersOptions { verb: order, body, place: self.place() }))
    }
}
