//! A screen that outlasts the way it is read: graphics cards go and come back, drivers are updated, a session moves to another computer.
//!
//! What a backend says has gone is opened again, by itself first, and by the next in the table when it keeps failing or cannot be had. Everything
//! on the screen counts as damaged then. Only when none is there for a while is the screen gone.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::media::{Rect, Size};

use super::{Backend, Error, Event, Piece};
use crate::waker::Wakeup;

/// Lost so often within [`RECENT`], a way gives way to the next.
const LOSSES: usize = 3;
/// What counts.
const RECENT: Duration = Duration::from_secs(60);

/// How patient it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Time between two tries.
    pub every: Duration,
    /// Without any way for so long, the screen is gone.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { every: Duration::from_millis(250), whole: Duration::from_secs(20) }
    }
}

/// A way to open a screen, by name.
pub(super) struct Way {
    pub name: &'static str,
    pub open: Box<dyn FnMut() -> Result<Box<dyn Backend>, Error>>,
}

pub(super) struct Lasting {
    ways: Vec<Way>,
    at: usize,
    /// What works now.
    backend: Option<Box<dyn Backend>>,
    size: Size,
    lost: VecDeque<Instant>,
    /// Since when there is none.
    since: Instant,
    again: Instant,
    patience: Patience,
}

impl Lasting {
    /// A screen that was opened by the first of these ways.
    pub(super) fn new(backend: Box<dyn Backend>, ways: Vec<Way>, patience: Patience) -> Self {
        let (size, now) = (backend.size(), Instant::now());
        Self { ways, at: 0, backend: Some(backend), size, lost: VecDeque::new(), since: now, again: now, patience }
    }

    /// It has gone. What comes of that shows when it is opened again.
    fn lose(&mut self, error: &Error) {
        let now = Instant::now();
        tracing::warn!(backend = self.ways[self.at].name, %error, "the screen was taken away, and is opened again");
        (self.backend, self.since, self.again) = (None, now, now);
        self.lost.push_back(now);
        while self.lost.front().is_some_and(|lost| now.duration_since(*lost) > RECENT) {
            self.lost.pop_front();
        }
        if self.lost.len() >= LOSSES {
            self.at = (self.at + 1) % self.ways.len();
            self.lost.clear();
        }
    }

    /// Tries each way once, if it is time to: the one of now first.
    fn reopen(&mut self, events: &mut VecDeque<Event>) -> Result<(), Error> {
        let now = Instant::now();
        if self.backend.is_some() || now < self.again {
            return Ok(());
        }
        self.again = now + self.patience.every;
        let mut why = String::new();
        for step in 0..self.ways.len() {
            let at = (self.at + step) % self.ways.len();
            match (self.ways[at].open)() {
                Ok(backend) => {
                    tracing::info!(backend = self.ways[at].name, size = ?backend.size(), "the screen is open again");
                    (self.at, self.size) = (at, backend.size());
                    self.backend = Some(backend);
                    // Also of the same size: the viewer's picture is begun anew.
                    events.push_back(Event::Resized(self.size));
                    return Ok(());
                }
                Err(error) => why = error.to_string(),
            }
        }
        if now.duration_since(self.since) >= self.patience.whole { Err(Error::Gone(why)) } else { Ok(()) }
    }
}

impl Backend for Lasting {
    fn size(&self) -> Size {
        self.size
    }

    fn wait(
        &mut self,
        wakeup: &mut Wakeup,
        picture: bool,
        timeout: Duration,
        events: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        self.reopen(events)?;
        let Some(backend) = &mut self.backend else {
            // Whoever waits longer comes again.
            let pause = timeout.min(self.again.saturating_duration_since(Instant::now()));
            return wakeup.wait(pause).map(drop).map_err(|error| Error::Gone(error.to_string()));
        };
        match backend.wait(wakeup, picture, timeout, events) {
            Ok(()) => self.size = backend.size(),
            Err(error) => self.lose(&error),
        }
        Ok(())
    }

    fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
        // What is not read now is damaged when there is a screen again.
        if let Some(Err(error)) = self.backend.as_mut().map(|backend| backend.read(rects, sink)) {
            self.lose(&error);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    const SMALL: Size = Size { width: 64, height: 48 };
    const LARGE: Size = Size { width: 128, height: 96 };
    const SOON: Patience = Patience { every: Duration::from_millis(5), whole: Duration::from_millis(60) };

    /// What a duplication does next, and how often each was opened.
    #[derive(Default)]
    struct Script {
        opens: VecDeque<Result<Size, &'static str>>,
        waits: VecDeque<Result<(), &'static str>>,
        reads: VecDeque<Result<(), &'static str>>,
        opened: Vec<&'static str>,
    }

    struct Pretended(Rc<RefCell<Script>>, Size);

    fn outcome(next: Option<Result<(), &'static str>>) -> Result<(), Error> {
        next.unwrap_or(Ok(())).map_err(|why| Error::Gone(why.to_owned()))
    }

    impl Backend for Pretended {
        fn size(&self) -> Size {
            self.1
        }

        fn wait(&mut self, _: &mut Wakeup, _: bool, _: Duration, _: &mut VecDeque<Event>) -> Result<(), Error> {
            outcome(self.0.borrow_mut().waits.pop_front())
        }

        fn read(&mut self, rects: &[Rect], sink: &mut dyn FnMut(Piece<'_>)) -> Result<(), Error> {
            outcome(self.0.borrow_mut().reads.pop_front())?;
            for rect in rects {
                sink(Piece { rect: *rect, bgrx: &[] });
            }
            Ok(())
        }
    }

    fn way(name: &'static str, script: &Rc<RefCell<Script>>) -> Way {
        let script = script.clone();
        let open = move || -> Result<Box<dyn Backend>, Error> {
            let next = script.borrow_mut().opens.pop_front().unwrap_or(Ok(SMALL));
            let size = next.map_err(|why| Error::Open { display: name.to_owned(), why: why.to_owned() })?;
            script.borrow_mut().opened.push(name);
            Ok(Box::new(Pretended(script.clone(), size)))
        };
        Way { name, open: Box::new(open) }
    }

    /// A duplication that works, with what is behind it.
    fn lasting() -> (Lasting, Rc<RefCell<Script>>, Rc<RefCell<Script>>) {
        let (dxgi, gdi) = (Rc::new(RefCell::new(Script::default())), Rc::new(RefCell::new(Script::default())));
        let mut first = way("dxgi", &dxgi);
        let backend = (first.open)().unwrap();
        (Lasting::new(backend, vec![first, way("gdi", &gdi)], SOON), dxgi, gdi)
    }

    /// Waits once; what was noticed.
    fn wait(screen: &mut Lasting) -> Result<Vec<Event>, Error> {
        let mut events = VecDeque::new();
        screen.wait(&mut Wakeup::new().unwrap(), true, Duration::from_millis(20), &mut events)?;
        Ok(events.into())
    }

    fn pieces(screen: &mut Lasting) -> usize {
        let mut count = 0;
        screen.read(&[SMALL.rect()], &mut |_| count += 1).unwrap();
        count
    }

    #[test]
    fn a_device_that_was_removed_is_opened_again_and_everything_is_new() {
        let (mut screen, dxgi, gdi) = lasting();
        dxgi.borrow_mut().waits.push_back(Err("device removed"));
        assert_eq!(wait(&mut screen).unwrap(), [], "the session goes on");
        assert_eq!(pieces(&mut screen), 0, "there is nothing to be read meanwhile");
        assert_eq!(wait(&mut screen).unwrap(), [Event::Resized(SMALL)]);
        assert_eq!(pieces(&mut screen), 1);
        assert_eq!(wait(&mut screen).unwrap(), []);
        assert_eq!((dxgi.borrow().opened.len(), gdi.borrow().opened.len()), (2, 0));
    }

    #[test]
    fn another_mode_comes_with_its_size_and_a_read_that_fails_ends_nothing() {
        let (mut screen, dxgi, _) = lasting();
        dxgi.borrow_mut().reads.push_back(Err("device reset"));
        dxgi.borrow_mut().opens.push_back(Ok(LARGE));
        assert_eq!(pieces(&mut screen), 0);
        assert_eq!(screen.size(), SMALL, "as long as nothing else is known");
        assert_eq!(wait(&mut screen).unwrap(), [Event::Resized(LARGE)]);
        assert_eq!(screen.size(), LARGE);
        assert_eq!(pieces(&mut screen), 1);
    }

    #[test]
    fn what_cannot_be_had_again_gives_way_to_the_next_and_comes_back_behind_it() {
        let (mut screen, dxgi, gdi) = lasting();
        dxgi.borrow_mut().waits.push_back(Err("device removed"));
        dxgi.borrow_mut().opens.push_back(Err("not supported"));
        wait(&mut screen).unwrap();
        assert_eq!(wait(&mut screen).unwrap(), [Event::Resized(SMALL)]);
        assert_eq!(gdi.borrow().opened, ["gdi"]);
        gdi.borrow_mut().waits.push_back(Err("gone as well"));
        gdi.borrow_mut().opens.push_back(Err("gone as well"));
        wait(&mut screen).unwrap();
        assert_eq!(wait(&mut screen).unwrap(), [Event::Resized(SMALL)]);
        assert_eq!(dxgi.borrow().opened.len(), 2, "the first one again");
    }

    #[test]
    fn one_that_is_lost_again_and_again_gives_way_to_the_next() {
        let (mut screen, dxgi, gdi) = lasting();
        for _ in 0..LOSSES {
            dxgi.borrow_mut().waits.push_back(Err("device hung"));
            wait(&mut screen).unwrap();
            assert_eq!(wait(&mut screen).unwrap().len(), 1);
            wait(&mut screen).unwrap();
        }
        assert_eq!((dxgi.borrow().opened.len(), gdi.borrow().opened.len()), (LOSSES, 1));
        for _ in 0..20 {
            assert_eq!(wait(&mut screen).unwrap(), [], "and stays with it");
        }
    }

    #[test]
    fn without_any_way_it_waits_a_while_and_is_gone_then() {
        let (mut screen, dxgi, gdi) = lasting();
        dxgi.borrow_mut().waits.push_back(Err("device removed"));
        for script in [&dxgi, &gdi] {
            script.borrow_mut().opens.extend([Err("no"); 200]);
        }
        let began = Instant::now();
        let error = loop {
            assert!(began.elapsed() < Duration::from_secs(10), "it waits for ever");
            match wait(&mut screen) {
                Ok(events) => assert_eq!(events, []),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Gone(_)), "{error}");
        assert!(began.elapsed() >= SOON.whole);
        assert!(dxgi.borrow().opens.len() > 100, "not in every moment");
    }
}
