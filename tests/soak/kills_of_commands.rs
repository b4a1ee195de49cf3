//! SIGKILL while a tape is opened, read, closed, made or removed: it is there whole, or not at all.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::soak::load::{long_tape, upstream};
use crate::soak::scale::{figure, pick};
use crate::support::program::{Running, Server};
use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::tape_file::{acknowledge, exchanges};

/// The time in which a kill can hit, from how long `work` takes here.
fn window(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    (began.elapsed() * 3 / 2).min(Duration::from_millis(400))
}

/// The same for a stop of a server.
fn window_of_stop(server: Server) -> Duration {
    window(|| drop(server.stop_ok()))
}

/// Tells a server to stop and kills it within that window; says whether it was still running.
fn stopped_and_killed(mut server: Server, window: Duration, random: &mut Random) -> bool {
    server.running().signal(Signal::TERM);
    thread::sleep(random.time_below(window));
    server.running().kill_if_running()
}

/// Starts a command and kills it within that window; says whether it was still running.
fn killed_within(sandbox: &Sandbox, args: &[&str], window: Duration, random: &mut Random) -> bool {
    let mut running = Running::spawn(sandbox.command(args));
    thread::sleep(random.time_below(window));
    running.kill_if_running()
}

#[test]
fn a_kill_while_a_tape_opens_closes_or_is_read_leaves_it_whole() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let before = long_tape(&sandbox, &upstream);
    let upstream_url = upstream.url();
    let append = [
        "record",
        "t",
        "--upstream",
        &upstream_url,
        "--mode",
        "append",
        "--listen",
        "127.0.0.1:0",
    ];
    let mut random = Random::seeded(0x6f70_656e);
    let window = window(|| drop(sandbox.export("t")));
    let mut hits = [0, 0];
    for round in 0..pick(24, 200) {
        let args: &[&str] = if round % 2 == 0 {
            &append
        } else {
            &["export", "t"]
        };
        if killed_within(&sandbox, args, window, &mut random) {
            hits[round % 2] += 1;
        }
        if round % 3 == 2 {
            assert_eq!(sandbox.export("t"), before, "round {round}");
        }
    }
    assert_eq!(sandbox.export("t"), before);
    figure("kills during open", hits[0]);
    figure("kills during export", hits[1]);
    assert!(hits.iter().all(|hits| *hits > 0), "{hits:?}");

    let record = || sandbox.record("t", &upstream_url, &["--mode", "append"]);
    let window = window_of_stop(record());
    let mut stops = 0;
    for round in 0..pick(8, 100) {
        stops += usize::from(stopped_and_killed(record(), window, &mut random));
        assert_eq!(sandbox.export("t"), before, "stop {round}");
    }
    figure("kills during a stop", stops);
    assert!(stops > 0);
    let server = sandbox.record("t", &upstream_url, &["--mode", "append"]);
    server.call("AcknowledgeJob", &acknowledge("last").to_string());
    server.stop_ok();
    let after = exchanges(&sandbox.export("t"));
    assert_eq!(after[..after.len() - 1], exchanges(&before)[..]);
}

/// The swap of an overwriting recording: the old tape or the new one, never neither, never half of one.
#[test]
fn a_kill_while_an_overwriting_recording_stops_leaves_one_whole_tape() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut random = Random::seeded(0x7377_6170);
    long_tape(&sandbox, &upstream);
    let record = |nonce: &str| {
        let server = sandbox.record("t", &upstream.url(), &["--mode", "overwrite"]);
        server.call("AcknowledgeJob", &acknowledge(nonce).to_string());
        server
    };
    let window = window_of_stop(record("timed"));
    let mut hits = 0;
    for round in 0..pick(12, 100) {
        let nonce = format!("round {round}");
        hits += usize::from(stopped_and_killed(record(&nonce), window, &mut random));
        let kept = exchanges(&sandbox.export("t"));
        assert_eq!(kept.len(), 1, "round {round}");
        assert_eq!(kept[0]["request"]["body"]["nonce"], nonce);
    }
    figure("kills during the swap of an overwriting recording", hits);
    assert!(hits > 0);
}

#[test]
fn a_kill_while_a_tape_is_made_or_imported_leaves_none_or_all_of_it() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let text = long_tape(&sandbox, &upstream);
    let file = sandbox.write("t.tape.json", &text);
    let mut random = Random::seeded(0x696d_706f);
    let window = window(|| drop(sandbox.ok(&["import", &file, "--as", "timed"])));
    let mut hits = 0;
    for round in 0..pick(12, 60) {
        let name = format!("copy-{round}");
        let import = ["import", &file, "--as", &name];
        hits += usize::from(killed_within(&sandbox, &import, window, &mut random));
        let ended = sandbox.run(&["export", &name]);
        if ended.code == Some(0) {
            let whole = text.replacen("\"name\": \"t\"", &format!("\"name\": \"{name}\""), 1);
            assert_eq!(ended.stdout, whole, "half a tape: {name}");
        } else {
            ended.assert(1, &["no tape"]);
            sandbox.ok(&["import", &file, "--as", &name]);
        }
    }
    figure("kills during import", hits);
    assert!(hits > 0);
    assert_eq!(sandbox.export("t"), text, "the others are untouched");
}

#[test]
fn a_kill_while_a_tape_is_deleted_leaves_none_or_all_of_it() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let text = long_tape(&sandbox, &upstream);
    let file = sandbox.write("t.tape.json", &text);
    let whole = text.replacen("\"name\": \"t\"", "\"name\": \"doomed\"", 1);
    let mut random = Random::seeded(0x676f_6e65);
    sandbox.ok(&["import", &file, "--as", "doomed"]);
    let window = window(|| drop(sandbox.ok(&["delete", "doomed"])));
    let (mut hits, mut left) = (0, 0);
    for round in 0..pick(16, 100) {
        sandbox.ok(&["import", &file, "--as", "doomed"]);
        hits += usize::from(killed_within(
            &sandbox,
            &["delete", "doomed"],
            window,
            &mut random,
        ));
        let ended = sandbox.run(&["export", "doomed"]);
        if ended.code == Some(0) {
            assert_eq!(ended.stdout, whole, "half a tape, round {round}");
            sandbox.ok(&["delete", "doomed"]);
            left += 1;
        } else {
            ended.assert(1, &["no tape"]);
        }
        let listing = sandbox.ok(&["list"]);
        assert!(!listing.contains("doomed"), "round {round}: {listing}");
    }
    figure(
        "kills during delete",
        format!("{hits}, the tape was still there after {left}"),
    );
    assert!(hits > 0);
    assert_eq!(sandbox.export("t"), text, "the others are untouched");
}
