//! What `andon help` prints, and what a wrong command line gets to read.

/// Every command with its options.
pub(crate) const HELP: &str = "\
andon: the alerting hub for contact centres

  andon run --config FILE          watch, decide, tell
      [--verbose] logs each use of a token, each try, each bucket given up
      [--watch FILE] is where the next config is dropped; a bad one is an alert
  andon check FILE                 every problem in a config or source definition; exit 0 or 78
  andon demo                       the whole thing on loopback, nothing to configure
      [--platform genesys-cloud|nice-cxone|nice-cxone-guide]
      [--for-seconds N] [--data FILE.csv[.gz]] [--speed N] [--seed N]
  andon simulate                   platforms, a PagerDuty and a Slack to point a hub at
      [--port N] [--data FILE.csv[.gz]] [--speed N] [--seed N] [--queues N]
      [--webhooks URL] pushes to a hub or any address, as guide 1's Genesys Cloud would,
      [--webhook-secret FILE] signed, [--burst-seconds N] in bursts, and of each hundred
      [--duplicated N] [--reordered N] [--forged N] [--truncated N] are so
  andon alerts                     open and lately resolved alerts
  andon explain KEY                why it was told, or was not
  andon unread                     webhooks that were proved and that no mapping understood
  andon dead-letters [list]        notices that no target took, and why
  andon calibrate                  what a month says about the factors between platforms
      these ask the running hub, else read the ledger:
      [--config FILE] [--admin ADDRESS] [--state-directory DIRECTORY]
  andon ack KEY --by NAME          you have it in hand: no repeats, no escalation for a while
      [--for-seconds N] and the options above; `andon unack KEY --by NAME` takes it back
  andon resolve KEY --by NAME      it is over: for what a webhook began and none will end
  andon silence add ABOUT...       nobody is told of entity=NAME, severity=high, or of KEY
      --owner NAME --comment WHY --for-seconds N | --until TIME and the options above;
      `andon silence list`, `andon silence expire ID`
  andon windows preview [NAME]     when the maintenance windows are open next, DST changes marked
      [--config FILE] [--at TIME]
  andon dead-letters retry|drop    sends them again, or forgets them:
      NUMBER | --target NAME | --all, [--force] sends what is over, too; options as above
  andon route --for KEY            where an alert would go by the config, and why; KEY is
      entity:metric[:P1] [--at TIME] [--source NAME] [--config FILE]
  andon register SOURCE            has the platform push here: creates or corrects its webhook
      [--config FILE] [--url https://.../ingest/SOURCE] [--list | --remove]
  andon selftest TARGET | --all    tells it a test, and says what came of it and whose fault it is
      [--config FILE]
  andon replay                     what people would have been told, and by simpler alerters
      [--data FILE.csv[.gz] [--from DAY] [--to DAY]] a recording, or [--seed N] [--days N]
      [--queue NAME|each] [--config FILE]
  andon help | version

Each takes --json: output for tools, one object or one a line.
The config of all but `check` and `replay` is /etc/andon/andon.toml unless --config says otherwise.
";
