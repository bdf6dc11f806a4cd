//! SMS against Twilio as its documentation has it.

use alloc::sync::Arc;
use std::sync::Mutex;

use andon::model::config::TextOrSecret;
use andon::model::notice::{Notice, Reason};
use andon::model::target::{Sms, SmsSender, TargetKind};
use andon::model::time::{Span, UtcMs};
use andon::target::Delivery;

use crate::exchange::{Exchange, credential, notice};
use crate::receivers::desk::serve;
use crate::receivers::twilio::{ACCOUNT, TOKEN, Twilio, Twist};

const TO: [&str; 3] = ["+4915112345678", "+15551234567", "+972501234567"];

fn account(secret: &str) -> (Arc<Mutex<Twilio>>, Exchange) {
    let twilio = Arc::new(Mutex::new(Twilio::default()));
    let address = serve(&twilio, |twilio, incoming| twilio.receive(incoming, UtcMs(0)));
    let url = format!("http://{address}/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    let kind = TargetKind::Sms(Sms {
        url: TextOrSecret::Text(url.into()),
        user: ACCOUNT.into(),
        auth_token: credential("token"),
        from: SmsSender::Number("+15550001111".into()),
        to: TO.map(Into::into).to_vec(),
        validity: Span::secs(3_600),
    });
    (twilio, Exchange::new(kind, secret, &[]))
}

fn sent(twilio: &Mutex<Twilio>) -> Vec<String> {
    let twilio = twilio.lock().unwrap();
    assert_eq!(twilio.complaints, [""; 0]);
    twilio.messages.iter().map(|sms| sms.to.clone()).collect()
}

fn breach() -> Notice {
    notice(Reason::FirstBreach, "Tier-2 Support")
}

#[test]
fn each_recipient_gets_one_short_message() {
    let (twilio, mut exchange) = account(TOKEN);
    let told = exchange.tell(&breach());
    assert!(matches!(told, Delivery::Accepted { .. }), "{told:?}");
    assert_eq!(sent(&twilio), TO);
    let body = &twilio.lock().unwrap().messages[0].body;
    assert_eq!(body, "P1 Tier-2 Support: calls_waiting 22 (>= 15) for 45 s #00112233");
}

#[test]
fn a_recipient_is_sent_nothing_twice() {
    for twist in [Twist::LosesTheAnswer, Twist::Hangs, Twist::Fails, Twist::Throttles] {
        let (twilio, mut exchange) = account(TOKEN);
        assert!(matches!(exchange.tell(&breach()), Delivery::Accepted { .. }));
        twilio.lock().unwrap().messages.clear();
        // The first is sent, the second has trouble.
        let second = Notice { idempotency_key: "a".repeat(32).into(), ..breach() };
        while exchange.stage != look_at_second() {
            let outcome = exchange.step(&second);
            let kind = exchange.kind().clone();
            let heard = andon::target::classify(&kind, None, &second, &exchange.stage, &outcome);
            let Delivery::Next(stage) = heard else { panic!("{heard:?}") };
            exchange.stage = stage;
        }
        twilio.lock().unwrap().twists.push(twist);
        exchange.deadline = Some(Span::millis(500));
        let told = exchange.tell(&second);
        let Delivery::Later { after, .. } = told else { panic!("{twist:?}: {told:?}") };
        assert_eq!(after, (twist == Twist::Throttles).then_some(Span::secs(3)));
        let told = exchange.tell(&second);
        assert!(matches!(told, Delivery::Accepted { .. }), "{twist:?}: {told:?}");
        assert_eq!(sent(&twilio), TO, "{twist:?}");
        // After a restart the exchange begins anew.
        assert!(matches!(exchange.tell(&second), Delivery::Accepted { .. }));
        assert_eq!(sent(&twilio), TO, "{twist:?}");
    }
}

fn look_at_second() -> andon::target::Stage {
    andon::target::Stage::Then("look 1 ".into())
}

#[test]
fn one_refused_number_loses_no_other() {
    let (twilio, mut exchange) = account(TOKEN);
    twilio.lock().unwrap().twists.push(Twist::Refuses);
    let told = exchange.tell(&breach());
    let Delivery::Refused { why } = told else { panic!("{told:?}") };
    assert!(why.starts_with("+4915112345678: answered 400, code 21610"), "{why}");
    assert!(why.ends_with("the others of this target were sent it"), "{why}");
    assert_eq!(sent(&twilio), TO[1..]);
    // One that Twilio gave up on, as the look finds it.
    let (twilio, mut exchange) = account(TOKEN);
    assert!(matches!(exchange.tell(&breach()), Delivery::Accepted { .. }));
    twilio.lock().unwrap().messages[2].status = "failed";
    let told = exchange.tell(&breach());
    assert!(matches!(&told, Delivery::Refused { why } if why.contains("error 30003")), "{told:?}");
}

#[test]
fn a_wrong_login_waits_for_its_mend_and_a_long_text_is_cut() {
    let (_, mut exchange) = account("wrong");
    let told = exchange.tell(&breach());
    assert!(matches!(&told, Delivery::Disabled { why } if why.contains("auth_token")), "{told:?}");
    let (twilio, mut exchange) = account(TOKEN);
    let told = exchange.tell(&notice(Reason::FirstBreach, &"\u{5d0}".repeat(5_000)));
    assert!(matches!(told, Delivery::Accepted { .. }), "{told:?}");
    let longest = twilio.lock().unwrap().messages[0].body.encode_utf16().count();
    assert!(longest <= 134, "{longest}");
    assert_eq!(sent(&twilio), TO);
}
