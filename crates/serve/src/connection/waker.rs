//! A waker that can be told to keep quiet.
//!
//! Taking a piece of a body from hyper wakes hyper's side of the connection, to have it read the next
//! piece. That side is the very task that takes the piece, so the task is run again; behind a body's last
//! piece for nothing. For a small request that is a tenth of the work. So hyper is polled with this waker,
//! and bodies are read under [`muted`], which says whether a wake was held back.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Wake, Waker};

thread_local! {
    /// Of this thread alone: a wake from another one, from a socket or a timer, is never held back.
    static HEARING: Cell<Hearing> = const { Cell::new(Hearing::Open) };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hearing {
    Open,
    Muted,
    HeldBack,
}

/// Whether a wake was held back, and is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    Nothing,
    Wake,
}

/// Wakes a task, unless this thread is [`muted`].
struct ConnectionWaker {
    task: Waker,
}

impl Wake for ConnectionWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        HEARING.with(|hearing| match hearing.get() {
            Hearing::Open => self.task.wake_by_ref(),
            Hearing::Muted | Hearing::HeldBack => hearing.set(Hearing::HeldBack),
        });
    }
}

/// A connection's waker, made anew only where the task is another one than before.
#[derive(Default)]
pub(crate) struct Wakers {
    current: Option<(Waker, Waker)>,
}

impl Wakers {
    pub(crate) fn for_task(&mut self, task: &Waker) -> &Waker {
        if self
            .current
            .as_ref()
            .is_none_or(|(known, _)| !known.will_wake(task))
        {
            self.current = None;
        }
        let (_, waker) = self.current.get_or_insert_with(|| {
            let waker = Waker::from(Arc::new(ConnectionWaker { task: task.clone() }));
            (task.clone(), waker)
        });
        waker
    }
}

/// Runs `work`; what it wakes on this thread, through a [`Wakers`] waker, is held back.
pub(crate) fn muted<T>(work: impl FnOnce() -> T) -> (T, Owed) {
    /// Opens the ears again, also when `work` panics.
    struct Reopen;
    impl Drop for Reopen {
        fn drop(&mut self) {
            HEARING.set(Hearing::Open);
        }
    }

    HEARING.set(Hearing::Muted);
    let reopen = Reopen;
    let done = work();
    let owed = if HEARING.get() == Hearing::HeldBack {
        Owed::Wake
    } else {
        Owed::Nothing
    };
    drop(reopen);
    (done, owed)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn holds_back_on_this_thread_only_and_says_so() {
        let count = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&count));
        let mut wakers = Wakers::default();
        let waker = wakers.for_task(&task).clone();
        waker.wake_by_ref();
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        let ((), owed) = muted(|| waker.wake_by_ref());
        assert_eq!((count.0.load(Ordering::SeqCst), owed), (1, Owed::Wake));
        let (joined, owed) =
            muted(|| std::thread::scope(|scope| scope.spawn(|| waker.wake_by_ref()).join()));
        joined.unwrap();
        assert_eq!((count.0.load(Ordering::SeqCst), owed), (2, Owed::Nothing));
        let panicked =
            std::panic::catch_unwind(|| muted(|| std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_err());
        waker.wake_by_ref();
        assert_eq!(count.0.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn is_kept_while_the_task_is_the_same() {
        let first = Waker::from(Arc::new(Count::default()));
        let second = Waker::from(Arc::new(Count::default()));
        let mut wakers = Wakers::default();
        let waker = wakers.for_task(&first).clone();
        assert!(wakers.for_task(&first).will_wake(&waker));
        assert!(!wakers.for_task(&second).will_wake(&waker));
    }
}
