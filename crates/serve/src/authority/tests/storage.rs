//! What lies in the directory, who may touch it, and what becomes of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, GeneralSubtree, IsCa, Issuer, KeyPair,
    NameConstraints,
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use super::super::certificates::name_constraints;
use super::super::{AuthorityDamage, AuthorityError, CertificateAuthority, Origin};

const ROOT: &str = "pipetape-ca.pem";
const KEY: &str = "pipetape-ca.key";

fn open(directory: &Path) -> Result<CertificateAuthority, AuthorityError> {
    CertificateAuthority::open_or_create(directory)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A directory with an authority, and what its files hold.
struct Made {
    directory: TempDir,
    root: String,
    key: String,
}

impl Made {
    fn new() -> Made {
        let directory = tempfile::tempdir().unwrap();
        open(directory.path()).unwrap();
        let read = |name| fs::read_to_string(directory.path().join(name)).unwrap();
        let (root, key) = (read(ROOT), read(KEY));
        Made {
            directory,
            root,
            key,
        }
    }

    /// The key, the intermediate and the root.
    fn parts(&self) -> [&str; 3] {
        let mut rest = self.key.as_str();
        [
            "PRIVATE KEY-----\n",
            "CERTIFICATE-----\n",
            "CERTIFICATE-----\n",
        ]
        .map(|end| {
            let end = format!("-----END {end}");
            let (part, after) = rest.split_at(rest.find(&end).unwrap() + end.len());
            rest = after;
            part
        })
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    /// Opening fails with this, and changes nothing; a renewal mends it.
    #[track_caller]
    fn check_damage(&self, file: &str, expected: AuthorityDamage) {
        let path = self.directory.path();
        let contents = || [ROOT, KEY].map(|name| fs::read(path.join(name)).ok());
        let before = contents();
        let error = open(path).unwrap_err();
        assert_eq!(contents(), before);
        let text = error.to_string();
        assert!(text.contains("`pipetape ca renew`"), "{text}");
        assert!(text.contains(file), "{text}");
        let AuthorityError::Damaged {
            path: named,
            reason,
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((named, reason), (path.join(file), expected));
        assert_eq!(
            CertificateAuthority::renew(path).unwrap().origin(),
            Origin::Renewed
        );
        assert_eq!(open(path).unwrap().origin(), Origin::Found);
    }
}

#[test]
fn it_is_made_once_and_kept_to_its_owner() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("data/pipetape/ca");
    let first = open(&directory).unwrap();
    assert_eq!(first.origin(), Origin::Created);
    for (path, expected) in [
        (directory.clone(), 0o700),
        (directory.join(KEY), 0o600),
        (directory.join(ROOT), 0o644),
    ] {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    assert_eq!(first.root_file(), directory.join(ROOT));
    assert_eq!(
        fs::read_to_string(first.root_file()).unwrap(),
        first.root_pem()
    );
    let second = open(&directory).unwrap();
    assert_eq!(second.origin(), Origin::Found);
    assert_eq!(second.details(), first.details());
    assert_eq!(second.root_pem(), first.root_pem());
}

#[test]
fn one_private_key_is_kept_and_it_is_the_intermediates() {
    let made = Made::new();
    assert_eq!(made.key.matches("PRIVATE KEY-----").count(), 2);
    assert_eq!(made.key.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(!made.root.contains("PRIVATE"));
    assert!(made.key.ends_with(&made.root));
    let mut files: Vec<_> = fs::read_dir(made.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, [KEY, "pipetape-ca.lock", ROOT]);
}

#[test]
fn processes_that_start_at_once_end_up_with_one_authority() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("ca");
    let barrier = Barrier::new(8);
    let opened: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    open(&directory).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let made = opened.iter().filter(|ca| ca.origin() == Origin::Created);
    assert_eq!(made.count(), 1);
    for authority in &opened {
        assert_eq!(authority.details(), opened[0].details());
    }
}

#[test]
fn it_is_renewed_before_it_ends() {
    let made = Made::new();
    let path = made.directory.path();
    let open_in = |days| {
        let now = OffsetDateTime::now_utc() + Duration::days(days);
        CertificateAuthority::open_at(path, now)
    };
    let first = open_in(0).unwrap();
    assert_eq!(open_in(357).unwrap().origin(), Origin::Found);
    let next = open_in(359).unwrap();
    assert_eq!(next.origin(), Origin::Expired);
    assert_ne!(next.details().fingerprint, first.details().fingerprint);
    assert_ne!(next.details().subject, first.details().subject);
    assert_eq!(
        fs::read_to_string(path.join(ROOT)).unwrap(),
        next.root_pem()
    );
    assert_eq!(open_in(360).unwrap().root_pem(), next.root_pem());
    // The next one is of a year later: now it is not valid yet.
    assert!(matches!(
        open_in(0),
        Err(AuthorityError::NotYetValid { .. })
    ));
}

#[test]
fn a_renewal_makes_another_whatever_was_there() {
    let made = Made::new();
    let renewed = CertificateAuthority::renew(made.directory.path()).unwrap();
    assert_eq!(renewed.origin(), Origin::Renewed);
    assert_ne!(renewed.root_pem(), made.root);
    let key = fs::read_to_string(made.directory.path().join(KEY)).unwrap();
    let keys = |text: &str| text.split("-----END PRIVATE").next().unwrap().to_owned();
    assert_ne!(keys(&key), keys(&made.key));
}

#[test]
fn an_interrupted_creation_is_finished() {
    let made = Made::new();
    fs::remove_file(made.directory.path().join(ROOT)).unwrap();
    let again = open(made.directory.path()).unwrap();
    assert_eq!(again.origin(), Origin::Found);
    assert_eq!(fs::read_to_string(again.root_file()).unwrap(), made.root);
}

#[test]
fn damaged_and_foreign_files_are_named_and_left_alone() {
    let check = |name: &str, text: &str, damage| {
        let made = Made::new();
        made.write(name, text);
        made.check_damage(name, damage);
    };
    let other = Made::new();
    check(KEY, "", AuthorityDamage::Malformed);
    check(KEY, "not PEM at all", AuthorityDamage::Malformed);
    check(KEY, &other.root, AuthorityDamage::Malformed);
    check(
        KEY,
        &other.key[..other.key.len() / 2],
        AuthorityDamage::Malformed,
    );
    check(
        KEY,
        &[&*other.key, &other.root].concat(),
        AuthorityDamage::Malformed,
    );
    check(
        KEY,
        &[&*other.key, &other.key].concat(),
        AuthorityDamage::Malformed,
    );
    check(KEY, &"x".repeat(70_000), AuthorityDamage::TooLarge);
    check(ROOT, &other.root, AuthorityDamage::OtherRoot);
    check(ROOT, "", AuthorityDamage::OtherRoot);

    let made = Made::new();
    let [key, intermediate, root] = made.parts();
    let [other_key, other_intermediate, other_root] = other.parts();
    for (parts, damage) in [
        (
            [other_key, intermediate, root],
            AuthorityDamage::KeyMismatch,
        ),
        (
            [key, other_intermediate, other_root],
            AuthorityDamage::KeyMismatch,
        ),
        (
            [key, intermediate, other_root],
            AuthorityDamage::BrokenChain,
        ),
        ([key, root, intermediate], AuthorityDamage::KeyMismatch),
    ] {
        check(KEY, &parts.concat(), damage);
    }

    // A whole authority, but not the one whose root clients trust.
    made.write(KEY, &other.key);
    made.check_damage(ROOT, AuthorityDamage::OtherRoot);
    // A root whose authority is gone.
    let made = Made::new();
    fs::remove_file(made.directory.path().join(KEY)).unwrap();
    made.check_damage(ROOT, AuthorityDamage::Orphan);
}

#[test]
fn an_authority_for_other_names_is_refused() {
    let address = |v4: u8| GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([0; 4], v4));
    let dns = |name: &str| GeneralSubtree::DnsName(name.to_owned());
    let changes: [&dyn Fn(&mut NameConstraints); 6] = [
        &|constraints| constraints.permitted_subtrees.push(dns("com")),
        &|constraints| constraints.permitted_subtrees.clear(),
        &|constraints| constraints.permitted_subtrees.truncate(3),
        &|constraints| constraints.permitted_subtrees[0] = address(0),
        &|constraints| constraints.excluded_subtrees.truncate(1),
        &|constraints| constraints.excluded_subtrees[0] = address(1),
    ];
    for change in changes {
        let made = Made::new();
        let mut constraints = name_constraints();
        change(&mut constraints);
        made.write(KEY, &authority_with(Some(constraints)));
        made.check_damage(KEY, AuthorityDamage::OtherNames);
    }
    let made = Made::new();
    made.write(KEY, &authority_with(None));
    made.check_damage(KEY, AuthorityDamage::OtherNames);
}

/// The text of an authority whose intermediate has these constraints.
fn authority_with(constraints: Option<NameConstraints>) -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let root = params.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(params.clone(), root_key);
    params.name_constraints = constraints;
    let key = KeyPair::generate().unwrap();
    let intermediate = params.signed_by(&key, &issuer).unwrap();
    [key.serialize_pem(), intermediate.pem(), root.pem()].concat()
}

#[test]
fn what_others_can_read_or_change_is_refused() {
    for bits in [0o640, 0o604, 0o620, 0o602] {
        let made = Made::new();
        let key = made.directory.path().join(KEY);
        chmod(&key, bits);
        let error = open(made.directory.path()).unwrap_err();
        assert!(
            matches!(&error, AuthorityError::Exposed { path, mode } if *path == key && *mode == bits),
            "{error:?}"
        );
        assert!(error.to_string().contains("chmod 600"), "{error}");
        chmod(&key, 0o600);
        assert_eq!(open(made.directory.path()).unwrap().root_pem(), made.root);
    }
    for bits in [0o770, 0o707, 0o720, 0o1777] {
        let made = Made::new();
        chmod(made.directory.path(), bits);
        for error in [
            open(made.directory.path()).unwrap_err(),
            CertificateAuthority::renew(made.directory.path()).unwrap_err(),
        ] {
            assert!(
                matches!(error, AuthorityError::Writable { .. }),
                "{error:?}"
            );
            assert!(error.to_string().contains("chmod 700"), "{error}");
        }
    }
    // To look into the directory harms nobody.
    let made = Made::new();
    chmod(made.directory.path(), 0o755);
    open(made.directory.path()).unwrap();
}

#[test]
fn nothing_of_the_key_is_ever_told() {
    let made = Made::new();
    let secret: Vec<&str> = made
        .key
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("-----"))
        .collect();
    assert!(secret.len() > 1);
    let authority = open(made.directory.path()).unwrap();
    let cut = made.key.replace(secret[1], "");
    made.write(KEY, &cut);
    let error = open(made.directory.path()).unwrap_err();
    let shown = format!("{authority:?} {error:?} {error}");
    for line in secret {
        assert!(!shown.contains(line));
    }
}
