//! Bodies in which a secret hides well, and what must be left of them.

use super::redactor::Redactor;
use crate::json::parse;
use crate::rules::{RedactConfig, Rules, Salt};

fn rules() -> Rules {
    Rules {
        salt: Salt::new("salt").unwrap(),
        redact: vec!["/x/y".parse().unwrap(), "/l/*".parse().unwrap()],
        ..Rules::default()
    }
}

/// Redacts a body; `gone` are not left in it, `kept` are.
fn check_by(rules: &Rules, body: &[u8], gone: &[&str], kept: &[&str]) {
    let shown = String::from_utf8_lossy(body);
    let replay = Redactor::for_replay(rules);
    let redacted = replay.body(body).into_owned();
    assert_eq!(replay.body(&redacted), redacted, "idempotent: {shown}");
    let recorder = Redactor::for_recording(rules);
    assert_eq!(recorder.body(body), redacted, "recorded: {shown}");
    if parse(body).is_some() {
        assert!(parse(&redacted).is_some(), "JSON stays JSON: {shown}");
    }
    let redacted = String::from_utf8_lossy(&redacted);
    for secret in gone {
        assert!(!redacted.contains(secret), "{secret} in {redacted}");
    }
    for part in kept {
        assert!(redacted.contains(part), "{part} not in {redacted}");
    }
}

fn check(body: &str, gone: &[&str], kept: &[&str]) {
    check_by(&rules(), body.as_bytes(), gone, kept);
}

#[test]
fn secrets_by_their_place() {
    let hunter = &["hunter"][..];
    for (body, gone, kept) in [
        (
            r#"{"message":"hunter2-h\u0075nter2","clientToken":"hunter2-hunter2"}"#,
            hunter,
            &["message"][..],
        ),
        (
            r#"{"hunter2-hunter2":1,"clientToken":"hunter2-hunter2"}"#,
            hunter,
            &[":1,"],
        ),
        (
            r#"{"clientToken":{"hunter2-hunter2":{"hunter2":["hunter3"]}}}"#,
            hunter,
            &["clientToken"],
        ),
        (
            r#"{"client_token":"hunter2","Client-Token":"hunter3"}"#,
            hunter,
            &["client_token"],
        ),
        (
            r#"{"cl\u0069entToken":"hunter2","clientToken":"hunter3"}"#,
            hunter,
            &[],
        ),
        (
            r#"{"clientToken":12345678,"a":12345678,"b":"n 12345678"}"#,
            &["12345678"],
            &["\"clientToken\":19", "\"a\":19"],
        ),
        (
            r#"{"clientToken":-1.5e10,"token":true,"secretToken":null,"sessionToken":""}"#,
            &["1.5"],
            &["true", "null", r#":"""#],
        ),
        (
            r#"{"clientToken":"abcd-efg","token":"abcd-efgh"}"#,
            &["abcd"],
            &[],
        ),
        (
            r#"{"clientToken":"REDACTED-0a1b2","token":"REDACTED-0a1b2x"}"#,
            &["0a1b2x"],
            &["REDACTED-0a1b2\""],
        ),
        (
            r#"{"artifactCredentials":{"__type":"AWSSessionCredentials","accessKeyId":"hunter1","newKey":"hunter2"}}"#,
            hunter,
            &["AWSSessionCredentials"],
        ),
        (r#"{"ArtifactCredentials":"hunter2"}"#, hunter, &[]),
        (
            r#"{"x":{"y":{"k":"hunter2","n":5551,"b":true}},"l":["hunter3",5551,null]}"#,
            &["hunter", "5551"],
            &["\"k\"", "true", "null"],
        ),
        (r#"{"x":"{\"y\":\"kept\"}"}"#, &[], &["kept"]),
        (
            r#"{"dbPassword":"hunter2","nextToken":"n-1","continuationToken":"c-1","clientRequestToken":"r-1"}"#,
            hunter,
            &["n-1", "c-1", "r-1"],
        ),
        (
            r#"{"token":"f4f4ff82-2d11-4e5b-8d5b-123456789012","a":"for f4f4ff82-2d11-4e5b-8d5b-123456789012"}"#,
            &["f4f4ff82"],
            &["00000000-0000-0000-0000-0000000"],
        ),
        (
            r#"{"clientId":"f4f4ff82-2d11-4e5b-8d5b-123456789012","clientToken":"hunter2"}"#,
            hunter,
            &["f4f4ff82-2d11-4e5b-8d5b-123456789012"],
        ),
        (
            r#"{"outputVariables":{"DB_PASSWORD":"hunter2","API_TOKEN":"hunter3","Url":"http://x"}}"#,
            hunter,
            &["http://x"],
        ),
        (
            r#"{"environmentVariables":[{"name":"API_SECRET","value":"hunter2","type":"PLAINTEXT"},{"name":"STAGE","value":"prod"}]}"#,
            hunter,
            &["API_SECRET", "PLAINTEXT", "prod"],
        ),
        (
            r#"{"a":"{\"b\":\"{\\\"c\\\":\\\"{\\\\\\\"clientToken\\\\\\\":\\\\\\\"hunter2\\\\\\\"}\\\"}\"}"}"#,
            hunter,
            &[],
        ),
    ] {
        check(body, gone, kept);
    }
    // Deeper than places are followed.
    let deep = format!(
        "{}{}{}",
        r#"{"a":["#.repeat(100),
        r#"{"b":"hunter2"}"#,
        "]}".repeat(100)
    );
    check(&deep, hunter, &[]);
}

#[test]
fn account_ids() {
    let account = &["123456789012"][..];
    for (body, gone, kept) in [
        (
            r#"{"accountId":123456789012,"a":"b-123456789012"}"#,
            account,
            &[][..],
        ),
        (
            r#"{"encryptionKey":{"id":"arn:aws:kms:us-east-1:123456789012:key/1","type":"KMS"}}"#,
            account,
            &["arn:aws:kms:us-east-1:99999"],
        ),
        (
            r#"{"id":123456789012,"t":1.123456789012,"n":1234567890123}"#,
            &[],
            &["\"id\":123456789012", "1.123456789012", "1234567890123"],
        ),
        (
            r#"{"nonce":"123456789012","jobId":"123456789012"}"#,
            &[],
            &[r#""nonce":"123456789012","jobId":"123456789012""#],
        ),
        (
            r#"{"123456789012":"\u0031\u003223456789012"}"#,
            account,
            &[],
        ),
        (r#"{"s":"\ud83d\ude00 123456789012"}"#, account, &["😀"]),
    ] {
        check(body, gone, kept);
    }
}

#[test]
fn configuration() {
    let hunter = &["hunter"][..];
    let embedded = r#"{"configuration":{"EnvironmentVariables":"[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"},{\"name\":\"STAGE\",\"value\":\"prod\"}]","UserParameters":"{\"apiToken\":\"hunter3\",\"branch\":\"main\"}","Command":"deploy --password hunter4 -v"}}"#;
    check(
        embedded,
        hunter,
        &["DB_PASSWORD", "prod", "main", "deploy", " -v"],
    );
    check(
        r#"{"configuration":{"Passwords":["hunter2"],"Secret":{"a":["hunter4"]},"Pin":1234,"ApiKey":987654}}"#,
        &["hunter", "987654"],
        &["1234"],
    );
    check(
        r#"{"configuration":{"A":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}"#,
        &["wJalr"],
        &[r#""A":"REDACTED0000"#],
    );
    let with = |redact_config| Rules {
        redact_config,
        ..rules()
    };
    let body = br#"{"configuration":{"Password":"hunter2","Url":"https://u:hunter3@h/","Own":123456789012,"Region":"us-east-1"},"a":"us-east-1"}"#;
    check_by(
        &with(RedactConfig::None),
        body,
        &["123456789012"],
        &["hunter2", "u:hunter3@h"],
    );
    // A value that is not a secret is replaced where it is and nowhere else.
    check_by(
        &with(RedactConfig::All),
        body,
        &["hunter", "123456789012"],
        &[r#""a":"us-east-1""#],
    );
    // A common word under a suspect key likewise.
    check(
        r#"{"configuration":{"TokenStage":"production"},"pipelineName":"production"}"#,
        &[r#""TokenStage":"production"#],
        &[r#""pipelineName":"production"#],
    );
}

#[test]
fn broken_json_and_prose() {
    let hunter = &["hunter"][..];
    for (body, gone, kept) in [
        (
            r#"{"a":1}{"clientToken":"hunter2"}"#,
            hunter,
            &[r#"{"a":1}"#][..],
        ),
        ("\u{feff}{\"clientToken\":\"hunter2\"}", hunter, &[]),
        (
            "{'clientToken':'hunter2 x','password':'hunter'}",
            hunter,
            &["'password':'REDACTED"],
        ),
        (
            "{clientToken=hunter2-hunter2, jobId=1}",
            hunter,
            &["jobId=1"],
        ),
        (r#"{"clientToken":"hunter2"#, hunter, &[]),
        (r#"{"clientToken":"hunter2\"#, hunter, &[]),
        (
            r#"{"nonce":"123456789012","accountId":"123456789012","#,
            &[r#"Id":"1234"#],
            &[r#""nonce":"123456789012""#],
        ),
        (
            r#"{"message":"error: {\"clientToken\":\"hun\\\"ter2\",\"a\":1}"}"#,
            &["hun", "ter2"],
            &[],
        ),
        (
            "<p>Bearer hunter012345 token=hunter-2token <ClientToken>hunter2</ClientToken> 123456789012</p>",
            &["hunter", "1234567"],
            &["<p>", "</ClientToken>"],
        ),
        (
            r#"{"message":"Authorization=AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20160707/us-east-1, SignedHeaders=host, Signature=8d9b5998"}"#,
            &["AKIAIO", "8d9b"],
            &["ASIAREDACTED", "/20160707/us-east-1, SignedHeaders=host"],
        ),
        (
            r#"{"message":"git clone https://x-access-token:hunter2@github.com/o/r"}"#,
            hunter,
            &["@github.com/o/r"],
        ),
        (
            r#"{"url":"https://webhooks.domain.com/trigger213?t=eyJlbmNyeXB0ZWRE&v=1"}"#,
            &["eyJ"],
            &["&v=1"],
        ),
        (
            r#"{"continuationToken":"c AKIAIOSFODNN7EXAMPLE eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}"#,
            &["AKIAIOS", "eyJ"],
            &["\"c "],
        ),
        (
            r#"{"message":"Value at 'clientToken' failed to satisfy constraint: Member must have length less than or equal to 256"}"#,
            &[],
            &["less than or equal to 256"],
        ),
        (
            r#"{"message":"Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z"}"#,
            &[],
            &["expired: 20260101T000000Z"],
        ),
        // Each was once redacted otherwise the second time.
        ("clientToken=arn:aws:iam::}", &[], &["}"]),
        ("arn:aws:iam::password%3Darn:aws:iam::", &[], &[]),
        (
            "clientToken=hunter2-hunter2{hunter2-hunter2123456789012",
            &["hunter", "1234567"],
            &[],
        ),
    ] {
        check(body, gone, kept);
    }
    check_by(
        &rules(),
        b"{\"clientToken\":\"hunter2\xff\xfe\",\"b\":\"\xfdhunter2\xff\xfe\"}",
        hunter,
        &[],
    );
}

#[test]
fn text_built_to_need_many_passes_is_given_up_whole() {
    // Each token is known for one only once the one before it is gone.
    let chain = |links: usize| {
        let mut body = "clientToken=hunter-0000x".to_owned();
        for n in 0..links {
            body += &format!(" hunter-{n:04}xbearer hunter-{:04}x", n + 1);
        }
        body
    };
    check(
        &chain(3),
        &["hunter"],
        &["clientToken=REDACTED-", "bearer REDACTED-"],
    );
    let long = chain(100);
    check(&long, &["hunter", "bearer"], &["\"REDACTED-"]);
}
