//! The order on a tape against a model, for any interleaving of requests: `seq` counts exchanges as they are complete, and
//! `after` is the highest one that was durable when an exchange began.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pipetape_tape::{Exchange, RecordMode, Rules, Store, TapeWriter};
use pipetape_testkit::{Client, soon};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::testing::{Act, MemoryLog, Options, Record, Upstream, ok, post, read_request};

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A client sends a request, which reaches upstream.
    Begin,
    /// Upstream answers one of the requests that it has, whichever this picks.
    Answer(usize),
    /// The exchange that has waited longest becomes durable, and its client has its answer.
    Keep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Begin),
        2 => any::<usize>().prop_map(Step::Answer),
        2 => Just(Step::Keep),
    ];
    vec(step, 1..40)
}

/// An upstream that answers when the test says so.
#[derive(Clone, Default)]
struct Patient {
    /// By what a request says.
    waiting: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
}

impl Patient {
    async fn start() -> (SocketAddr, Patient) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let patient = Patient::default();
        let serving = patient.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.connection(stream).await });
            }
        });
        (address, patient)
    }

    async fn connection(&self, mut stream: TcpStream) {
        let mut buffer = Vec::new();
        while let Some(request) = read_request(&mut stream, &mut buffer).await {
            let word = Arc::new(Semaphore::new(0));
            let told = Arc::clone(&word);
            self.waiting.lock().unwrap().insert(request.text(), told);
            word.acquire().await.unwrap().forget();
            stream.write_all(&ok("{}")).await.unwrap();
        }
    }

    /// Waits until a request is here.
    async fn has(&self, body: &str) {
        soon(async {
            while !self.waiting.lock().unwrap().contains_key(body) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    fn answer(&self, body: &str) {
        let waiting = self.waiting.lock().unwrap();
        waiting[body].add_permits(1);
    }
}

/// Where a recording keeps its exchanges, and how they become durable.
enum Tape {
    /// When the model says so.
    Held(MemoryLog),
    /// By the real writer, as soon as they are complete.
    Real(TapeWriter),
}

fn body(number: usize) -> String {
    format!(r#"{{"nonce":"{number}"}}"#)
}

/// Plays the steps, and then what is left to do; gives what the tape must have: number and `after` of each, in order.
async fn play(steps: &[Step], tape: &Tape) -> Vec<(String, u64)> {
    let (address, upstream) = Patient::start().await;
    let options = Options::to(&format!("http://{address}"));
    let record = match tape {
        Tape::Held(log) => Record::with(options, log.clone()).await,
        Tape::Real(writer) => Record::with(options, writer.clone()).await,
    };
    let mut clients: Vec<Client> = Vec::new();
    let (mut in_flight, mut complete) = (Vec::new(), VecDeque::new());
    let mut kept = 0;
    let mut began_after = Vec::new();
    let mut expected = Vec::new();
    let mut steps: VecDeque<Step> = steps.iter().copied().collect();
    loop {
        let step = match steps.pop_front() {
            Some(step) => step,
            None if !in_flight.is_empty() => Step::Answer(0),
            None if !complete.is_empty() => Step::Keep,
            None => break,
        };
        match step {
            Step::Begin => {
                let number = clients.len();
                let mut client = record.client().await;
                client.send(post("AcknowledgeJob", "", &body(number))).await;
                upstream.has(&body(number)).await;
                clients.push(client);
                in_flight.push(number);
                began_after.push(kept);
            }
            Step::Answer(which) if !in_flight.is_empty() => {
                let number: usize = in_flight.remove(which % in_flight.len());
                upstream.answer(&body(number));
                expected.push((body(number), began_after[number]));
                match tape {
                    Tape::Held(log) => {
                        soon(log.begun.acquire()).await.unwrap().forget();
                        complete.push_back(number);
                    }
                    Tape::Real(_) => {
                        assert_eq!(clients[number].answer().await.status(), 200);
                        kept += 1;
                    }
                }
            }
            Step::Keep => {
                if let (Tape::Held(log), Some(number)) = (tape, complete.pop_front()) {
                    log.gate.add_permits(1);
                    assert_eq!(clients[number].answer().await.status(), 200);
                    kept += 1;
                }
            }
            Step::Answer(_) => {}
        }
    }
    record.stop().await;
    expected
}

fn check(kept: &[Exchange], expected: &[(String, u64)]) {
    let found: Vec<_> = kept
        .iter()
        .map(|exchange| {
            let body = String::from_utf8_lossy(&exchange.request.body).into_owned();
            (body, exchange.after.unwrap())
        })
        .collect();
    assert_eq!(found, expected);
    let numbers: Vec<u64> = kept.iter().map(|exchange| exchange.seq).collect();
    assert_eq!(numbers, (1..=kept.len() as u64).collect::<Vec<_>>());
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_is_kept_as_it_was(steps in steps()) {
        block_on(async {
            let log = MemoryLog::held();
            let expected = play(&steps, &Tape::Held(log.clone())).await;
            check(&log.kept(), &expected);
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_real_writer_keeps_any_interleaving_too(steps in steps()) {
        block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::new(directory.path().join("store"));
            let name = "worker".parse().unwrap();
            let rules = Rules::generate().unwrap();
            let writer = store.record(&name, RecordMode::Fresh, rules).unwrap();
            let expected = play(&steps, &Tape::Real(writer.clone())).await;
            writer.finish().await.unwrap();
            check(&store.load(&name).unwrap().exchanges, &expected);
        });
    }
}

/// Without a step at a time: whatever a client had seen when it asked is before what it asked for, and nothing is
/// after itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_client_has_seen_comes_before_what_it_asks_next() {
    const CLIENTS: usize = 16;
    const EACH: usize = 12;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path().join("store"));
    let name = "worker".parse().unwrap();
    let writer = store.record(&name, RecordMode::Fresh, Rules::generate().unwrap());
    let writer = writer.unwrap();
    let upstream = Upstream::start([Act::Send(ok("{}"))]).await;
    let record = Record::with(Options::to(&upstream.url()), writer.clone()).await;
    // One client's answer is another's reason to ask: what anybody has seen so far.
    let seen = Arc::new(Mutex::new(Vec::<String>::new()));
    let mut asking = Vec::new();
    for client in 0..CLIENTS {
        let seen = Arc::clone(&seen);
        let mut connection = record.client().await;
        asking.push(tokio::spawn(async move {
            let mut known = Vec::new();
            for count in 0..EACH {
                let before = seen.lock().unwrap().clone();
                let body = body(client * EACH + count);
                let answer = connection.ask(post("AcknowledgeJob", "", &body)).await;
                assert_eq!(answer.status(), 200);
                seen.lock().unwrap().push(body.clone());
                known.push((body, before));
            }
            known
        }));
    }
    let mut known = BTreeMap::new();
    for asked in asking {
        known.extend(asked.await.unwrap());
    }
    record.stop().await;
    writer.finish().await.unwrap();
    let kept = store.load(&name).unwrap().exchanges;
    assert_eq!(kept.len(), CLIENTS * EACH);
    let text = |exchange: &Exchange| String::from_utf8_lossy(&exchange.request.body).into_owned();
    let numbers: BTreeMap<String, u64> = kept
        .iter()
        .map(|exchange| (text(exchange), exchange.seq))
        .collect();
    for exchange in &kept {
        let after = exchange.after.unwrap();
        assert!(after < exchange.seq);
        let latest = known[&text(exchange)]
            .iter()
            .map(|body| numbers[body])
            .max();
        assert!(latest.unwrap_or(0) <= after, "{latest:?} after {after}");
    }
}
