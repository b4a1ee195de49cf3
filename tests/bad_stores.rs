//! Stores that can't be used: not writable, in use, damaged, of a newer layout.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pipetape_testkit::copy;

use crate::support::answer::Answer;
use crate::support::random::Random;
use crate::support::sandbox::Sandbox;
use crate::support::scan::everything_below;
use crate::support::tape_file::{acknowledge, exchanges, two_answers};
use crate::support::upstream::{Step, Upstream};

fn upstream() -> Upstream {
    Upstream::always(Step::Answer(Answer::ok(format!(
        r#"{{"status":"InProgress","padding":"{}"}}"#,
        "x".repeat(6000)
    ))))
}

/// Records that many exchanges on the tape `t`; returns its text.
fn record(sandbox: &Sandbox, count: usize) -> String {
    let upstream = upstream();
    let server = sandbox.record("t", &upstream.url(), &[]);
    for number in 0..count {
        server.call(
            "AcknowledgeJob",
            &acknowledge(&number.to_string()).to_string(),
        );
    }
    server.stop_ok();
    sandbox.export("t")
}

#[test]
fn a_store_that_cannot_be_written_is_said_before_listening() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("a-file", "mine");
    let tape = sandbox.write("t.json", two_answers().text());
    // Root may write anywhere but here.
    let mut stores = vec![file.clone(), format!("{file}/store")];
    if cfg!(target_os = "linux") {
        stores.push("/proc/pipetape".to_owned());
    }
    for store in stores {
        for args in [
            &["record", "t", "--listen", "127.0.0.1:0"][..],
            &["import", &tape],
        ] {
            let ended = sandbox.run(&[&["--store", &store], args].concat());
            ended.assert(1, &[&store]);
            assert!(ended.stdout.is_empty(), "{ended}");
        }
        // Nothing is there to be read either; that is no damage.
        let ended = sandbox.run(&["--store", &store, "export", "t"]);
        ended.assert(1, &[]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_read_only_store_still_replays() {
    let sandbox = Sandbox::new();
    record(&sandbox, 3);
    let set = |mode| {
        for path in everything_below(&sandbox.store()) {
            let bits = if path.is_dir() { mode | 0o100 } else { mode };
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
        }
    };
    set(0o400);
    // Who may write all the same (root) finds it as it was; who may not is told so: never a panic, never damage.
    let ended = sandbox.run(&["export", "t"]);
    if ended.code != Some(0) {
        ended.assert(1, &["cannot"]);
    }
    set(0o600);
    assert_eq!(exchanges(&sandbox.export("t")).len(), 3);
}

#[test]
fn a_tape_in_use_names_its_holder() {
    let sandbox = Sandbox::new();
    let upstream = upstream();
    let mut server = sandbox.record("t", &upstream.url(), &[]);
    server.call("AcknowledgeJob", &acknowledge("1").to_string());
    let holder = server.running().id().to_string();
    let url = upstream.url();
    for args in [
        &["record", "t", "--upstream", &url][..],
        &["record", "t", "--upstream", &url, "--mode", "append"],
        &["record", "t", "--upstream", &url, "--mode", "overwrite"],
        &["replay", "t"],
        &["export", "t"],
        &["show", "t"],
        &["delete", "t"],
    ] {
        let ended = sandbox.run(args);
        ended.assert(1, &["`t`"]);
        // A fresh tape is refused for being there, before anybody asks who holds it.
        if !(args[0] == "record" && args.len() == 4) {
            ended.assert_said(&["in use", &holder]);
        }
        assert!(ended.stdout.is_empty(), "{ended}");
    }
    let listing = sandbox.ok(&["list"]);
    assert!(
        listing.contains("in use") && listing.contains(&holder),
        "{listing}"
    );
    // Its recorder did not notice, and other tapes are free.
    let answer = server.call("AcknowledgeJob", &acknowledge("2").to_string());
    assert_eq!(answer.header("x-pipetape-recorded"), None);
    sandbox.record("other", &url, &[]).stop_ok();
    server.stop_ok();
    assert_eq!(exchanges(&sandbox.export("t")).len(), 2);
}

#[test]
fn a_newer_layout_is_refused_and_left_alone() {
    let sandbox = Sandbox::new();
    let before = record(&sandbox, 3);
    let layout = sandbox.store().join("t/layout");
    let version = fs::read_to_string(&layout).unwrap();
    let digits: String = version.chars().filter(char::is_ascii_digit).collect();
    let newer = version.replace(&digits, &(digits.parse::<u32>().unwrap() + 1).to_string());
    assert_ne!(newer, version);
    fs::write(&layout, &newer).unwrap();
    let upstream = upstream();
    let url = upstream.url();
    for args in [
        &["export", "t"][..],
        &["replay", "t"],
        &["show", "t"],
        &["record", "t", "--upstream", &url, "--mode", "append"],
    ] {
        let ended = sandbox.run(args);
        ended.assert(3, &["`t`", "upgrade"]);
        assert!(ended.stdout.is_empty(), "{ended}");
    }
    let ended = sandbox.run(&["list"]);
    ended.assert(3, &[]);
    assert!(ended.stdout.contains('t'), "listed all the same: {ended}");
    fs::write(&layout, &version).unwrap();
    assert_eq!(sandbox.export("t"), before);
    for garbage in ["", "pipetape-store/", "something else\n", "\u{0}\u{1}"] {
        fs::write(&layout, garbage).unwrap();
        sandbox.run(&["export", "t"]).assert(3, &["`t`"]);
    }
    fs::write(&layout, &version).unwrap();
    assert_eq!(sandbox.export("t"), before);
}

/// What was done to a file.
#[derive(Debug)]
enum Damage {
    Flip(usize),
    Zero(usize),
    Cut(usize),
    Remove,
}

impl Damage {
    fn apply(&self, path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        match *self {
            Self::Flip(at) => bytes[at] ^= 0x55,
            Self::Zero(at) => {
                let end = (at + 512).min(bytes.len());
                bytes[at..end].fill(0);
            }
            Self::Cut(at) => bytes.truncate(at),
            Self::Remove => return fs::remove_file(path).unwrap(),
        }
        fs::write(path, bytes).unwrap();
    }
}

/// A few places in what a file really holds: the rest of a preallocated one is zero.
fn damages(path: &Path, random: &mut Random) -> Vec<Damage> {
    let bytes = fs::read(path).unwrap();
    let Some(last) = bytes.iter().rposition(|byte| *byte != 0) else {
        return vec![Damage::Remove];
    };
    let mut found = vec![
        Damage::Remove,
        Damage::Cut(0),
        Damage::Cut(last / 2),
        Damage::Flip(0),
    ];
    let count = if last > 10_000 { 12 } else { 3 };
    for _ in 0..count {
        let at = usize::try_from(random.below(last as u64 + 1)).unwrap();
        found.push(Damage::Flip(at));
        found.push(Damage::Zero(at));
        if at % 3 == 0 {
            found.push(Damage::Cut(at));
        }
    }
    found
}

fn is_snapshot(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("snap."))
}

#[test]
fn a_snapshot_that_a_kill_left_half_written_is_passed_over() {
    let sandbox = Sandbox::new();
    let before = record(&sandbox, 5);
    let newest = sandbox.store().join("t/snap.0FFFFFFFFFFFFFFF.generating");
    for left in [&b""[..], b"half a snapshot", &[0; 4096]] {
        fs::write(&newest, left).unwrap();
        let ended = sandbox.run(&["export", "t"]);
        ended.assert(0, &[]);
        assert_eq!(ended.stdout, before);
        assert!(!ended.stderr.contains("damaged"), "nothing is: {ended}");
        assert!(!newest.exists(), "it would be taken for the newest one");
    }
}

#[test]
fn damage_ends_in_3_or_in_a_readable_prefix() {
    let sandbox = Sandbox::new();
    let before = record(&sandbox, 40);
    let whole = exchanges(&before);
    let original = sandbox.path("original");
    copy(&sandbox.store(), &original);
    let mut random = Random::seeded(0x6461_6d61);
    let (mut refused, mut prefixes) = (0, 0);
    for path in everything_below(&original.join("t")) {
        if path.is_dir() {
            continue;
        }
        let name = path.strip_prefix(&original).unwrap();
        for damage in damages(&path, &mut random) {
            let store = sandbox.path("damaged");
            if store.exists() {
                fs::remove_dir_all(&store).unwrap();
            }
            copy(&original, &store);
            damage.apply(&store.join(name));
            let store = sandbox.arg("damaged");
            let ended = sandbox.run(&["--store", &store, "export", "t"]);
            let what = format!("{damage:?} of {}", name.display());
            match ended.code {
                Some(0) => {
                    let kept = exchanges(&ended.stdout);
                    assert_eq!(kept[..], whole[..kept.len()], "{what}: not a prefix");
                    // A snapshot only saves time: the log has everything.
                    if is_snapshot(&path) {
                        assert_eq!(ended.stdout, before, "{what}");
                    }
                    prefixes += 1;
                }
                Some(3) => {
                    assert!(!is_snapshot(&path), "{what}: {ended}");
                    assert!(ended.stdout.is_empty(), "{what}: {ended}");
                    ended.assert_said(&["`t`"]);
                    refused += 1;
                }
                // Without its layout a directory is no tape.
                Some(1) if matches!(damage, Damage::Remove) => {
                    ended.assert_said(&["no tape"]);
                }
                _ => panic!("{what}: {ended}"),
            }
            ended.assert_calm();
            // What else wants it gets on as well.
            if refused % 8 == 1 {
                let ended = sandbox.run(&["--store", &store, "list"]);
                assert!(matches!(ended.code, Some(0 | 3)), "{what}: {ended}");
                ended.assert_calm();
            }
        }
    }
    assert!(
        refused > 5 && prefixes > 0,
        "{refused} refused, {prefixes} read"
    );
}

#[test]
fn one_damaged_tape_does_not_spoil_the_others() {
    let sandbox = Sandbox::new();
    record(&sandbox, 3);
    let upstream = upstream();
    sandbox.record("fine", &upstream.url(), &[]).stop_ok();
    for path in everything_below(&sandbox.store().join("t")) {
        if path.is_file() && !path.ends_with("layout") {
            fs::write(&path, vec![0xa5; 4096]).unwrap();
        }
    }
    let ended = sandbox.run(&["list"]);
    ended.assert(3, &[]);
    assert!(ended.stdout.contains("fine"), "{ended}");
    assert!(exchanges(&sandbox.export("fine")).is_empty());
    sandbox.run(&["replay", "t"]).assert(3, &["`t`"]);
    sandbox.ok(&["delete", "t"]);
    record(&sandbox, 1);
}
