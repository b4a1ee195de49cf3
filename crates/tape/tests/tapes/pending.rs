//! What the thread that writes is given, and what it tells.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use pipetape_tape::{
    AppendError, NewExchange, PendingExchange, RecordMode, Rules, Store, TapeName, TapeWriter,
};

use crate::any::{plain, told};

/// What happened to a pending, and on which thread.
#[derive(Debug, PartialEq)]
enum Seen {
    Made(u64),
    Written(u64, Option<u64>),
    Dropped(u64),
}

/// An exchange about job `number`.
struct Job {
    number: u64,
    to: Sender<(Seen, Option<String>)>,
    is_told: bool,
    panics: Panics,
}

#[derive(Clone, Copy, PartialEq)]
enum Panics {
    Never,
    Making,
    Told,
}

impl Job {
    fn see(&self, seen: Seen) {
        let thread = thread::current().name().map(str::to_owned);
        self.to.send((seen, thread)).unwrap();
    }
}

impl PendingExchange for Job {
    fn make(&mut self) -> NewExchange {
        assert!(self.panics != Panics::Making, "it panics on purpose");
        self.see(Seen::Made(self.number));
        plain(self.number)
    }

    fn written(mut self: Box<Self>, written: Result<u64, AppendError>) {
        self.is_told = true;
        self.see(Seen::Written(self.number, written.ok()));
        assert!(self.panics != Panics::Told, "it panics on purpose");
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if !self.is_told {
            self.see(Seen::Dropped(self.number));
        }
    }
}

fn fresh(directory: &Path) -> (Store, TapeWriter) {
    let store = Store::new(directory.join("s"));
    let writer = store.record(&tape(), RecordMode::Fresh, Rules::default());
    (store, writer.unwrap())
}

fn tape() -> TapeName {
    "t".parse().unwrap()
}

fn finish(writer: TapeWriter) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(writer.finish()).unwrap();
}

fn enqueue(writer: &TapeWriter, pending: &[(u64, Panics)]) -> Receiver<(Seen, Option<String>)> {
    let (to, seen) = channel();
    for &(number, panics) in pending {
        writer.enqueue(Job {
            number,
            to: to.clone(),
            is_told: false,
            panics,
        });
    }
    seen
}

#[test]
fn pending_exchanges_are_made_in_order_by_the_thread_that_writes() {
    let directory = tempfile::tempdir().unwrap();
    let (store, writer) = fresh(directory.path());
    let numbers: Vec<u64> = (1..=200).collect();
    let pending: Vec<_> = numbers.iter().map(|&n| (n, Panics::Never)).collect();
    let seen: Vec<_> = {
        let seen = enqueue(&writer, &pending);
        finish(writer.clone());
        seen.try_iter().collect()
    };
    assert!(
        seen.iter()
            .all(|(_, thread)| thread.as_deref() == Some("tape-writer"))
    );
    let made: Vec<_> = seen
        .iter()
        .filter_map(|(seen, _)| match seen {
            Seen::Made(number) => Some(*number),
            _ => None,
        })
        .collect();
    let written: Vec<_> = seen
        .iter()
        .filter_map(|(seen, _)| match seen {
            Seen::Written(number, seq) => Some((*number, *seq)),
            _ => None,
        })
        .collect();
    assert_eq!(made, numbers);
    let expected: Vec<_> = numbers.iter().map(|&n| (n, Some(n))).collect();
    assert_eq!(written, expected);

    // Its writer has ended.
    let seen = enqueue(&writer, &[(201, Panics::Never)]);
    assert_eq!(seen.recv().unwrap().0, Seen::Dropped(201));
    assert_eq!(store.load(&tape()).unwrap().exchanges.len(), 200);
}

#[test]
fn a_pending_exchange_that_panics_takes_no_other_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let (store, writer) = fresh(directory.path());
    let pending = [
        (1, Panics::Never),
        (2, Panics::Making),
        (3, Panics::Told),
        (4, Panics::Never),
    ];
    let seen = enqueue(&writer, &pending);
    finish(writer);
    let mut written: Vec<_> = seen
        .try_iter()
        .filter_map(|(seen, _)| match seen {
            Seen::Written(number, seq) => Some((number, seq)),
            Seen::Made(_) => None,
            Seen::Dropped(number) => panic!("{number} was dropped untold"),
        })
        .collect();
    written.sort_unstable();
    assert_eq!(
        written,
        [(1, Some(1)), (2, None), (3, Some(2)), (4, Some(3))]
    );
    let kept = told(&store.load(&tape()).unwrap().exchanges);
    let job = |seq, n| (seq, format!(r#"{{"jobId":"job-{n}","nonce":"3"}}"#));
    assert_eq!(kept, [job(1, 1), job(2, 3), job(3, 4)]);
}
