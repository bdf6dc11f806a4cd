//! Tokens, their renewal, and discovery.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

#[test]
fn an_access_key_opens_the_central_login() {
    let mut platform = platform_at(10);
    let reply = heard(&mut platform, &token_request("password"));
    let body = json(&reply);
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "expires_in", "id_token", "refresh_token", "token_type"]);
    assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(3_600), &json!("Bearer")));
    let id_token = text(&body["id_token"]);
    let claims = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["tenantId"], "11e9-demo");
    assert!(get(&mut platform, &text(&body["access_token"]), ACTIVITY, NOW).status == 200);

    let mut refused = |incoming: &Incoming| heard(&mut platform, incoming).status;
    let good = token_request("password");
    assert_eq!(refused(&token_request("magic")), 400);
    let plus_is_a_space = String::from_utf8(good.body.clone()).unwrap().replace("%2B", "+");
    assert_eq!(refused(&Incoming { body: plus_is_a_space.into(), ..good.clone() }), 400);
    let bare = Incoming { headers: good.headers[..1].to_vec(), ..good.clone() };
    assert_eq!(refused(&bare), 401);
    let unencoded = STANDARD.encode("andon@demo:cl%ient:other");
    let wrong = bare.with_header("authorization", &format!("Basic {unencoded}"));
    assert_eq!(refused(&wrong), 401);
    assert_eq!(platform.seen.tokens_issued, 1);
}

#[test]
fn a_token_of_the_client_grant_reads_no_data() {
    let mut platform = platform_at(10);
    let token = json(&heard(&mut platform, &token_request("client_credentials")));
    let reply = get(&mut platform, &text(&token["access_token"]), ACTIVITY, NOW);
    let why = reply.header("icstatusdescription");
    assert_eq!((reply.status, why), (403, Some("the token has the Patron scope only")));
}

#[test]
fn the_regional_login_renews_under_other_names() {
    let mut platform = platform_at(10);
    let key = r#"{"accessKeyId":"ACCESSKEYID","accessKeySecret":"ACCESSKEY+SECRET=="}"#;
    let path = "/authentication/v1/token/access-key";
    let body = json(&heard(&mut platform, &Incoming::post_json(path, key)));
    assert_eq!(body["expires_in"], 3_600);
    let renew = |token: &Value| {
        Incoming::post_json("/public/user/refresh", json!({ "token": token }).to_string())
    };
    let renewed = json(&heard(&mut platform, &renew(&body["refresh_token"])));
    let names: Vec<&String> = renewed.as_object().unwrap().keys().collect();
    let expected =
        ["refreshToken", "refreshTokenExpirationTimeSec", "token", "tokenExpirationTimeSec"];
    assert_eq!(names, expected);
    assert_eq!(renewed["refreshTokenExpirationTimeSec"], 7_200);
    assert_eq!(get(&mut platform, &text(&renewed["token"]), ACTIVITY, NOW).status, 200);
    assert_eq!(
        heard(&mut platform, &renew(&renewed["token"])).status,
        401,
        "it is no refresh token"
    );
    let mistyped = Incoming::post_json(path, key.replace("accessKeyId", "accesskeyid"));
    assert_eq!(heard(&mut platform, &mistyped).status, 400);
    let wrong = Incoming::post_json(path, key.replace("SECRET", "SECRE"));
    assert_eq!(heard(&mut platform, &wrong).status, 401);
    assert_eq!((platform.seen.tokens_issued, platform.seen.tokens_renewed), (2, 1));
}

#[test]
fn discovery_leads_from_the_tenant_to_the_api() {
    let mut platform = platform_at(10);
    let mut body = |path: &str| json(&heard(&mut platform, &Incoming::new("GET", path)));
    let openid = body("/.well-known/openid-configuration");
    assert_eq!(openid["token_endpoint"], "https://cxone.example/auth/token");
    let tenant = body("/.well-known/cxone-configuration?tenantId=11e9-demo");
    assert_eq!(tenant["api_endpoint"], API);
    let names: Vec<&String> = tenant.as_object().unwrap().keys().collect();
    assert_eq!(names, ["acdDomain", "api_endpoint", "area", "cluster", "domain", "uhDomain"]);
    let mut status = |path: &str| heard(&mut platform, &Incoming::new("GET", path)).status;
    assert_eq!(status("/.well-known/cxone-configuration"), 400);
    assert_eq!(status("/.well-known/cxone-configuration?tenantId=x"), 404);
}
