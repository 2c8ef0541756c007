//! A decoder that is killed, stopped or missing costs a picture, or ends the session; never the viewer.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use amparo_agent::attendant::viewer::{Feed, Told, Viewer};
use media::{
    Canvas,
    decoder::{Lost, Outcome},
};
use protocol::media::Shown;
use tokio::{sync::mpsc as tokio_mpsc, time::timeout};

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// A viewer without a window.
struct Desk {
    _viewer: Viewer,
    feed: Feed,
    told: mpsc::Receiver<Told>,
    shown: tokio_mpsc::UnboundedReceiver<Shown>,
    shows: tokio_mpsc::UnboundedSender<Shown>,
}

impl Desk {
    fn new(program: Program) -> Self {
        let (tell, told) = mpsc::channel();
        let viewer = Viewer::start(None, program, move |what| tell.send(what).unwrap_or(())).unwrap();
        let (shows, shown) = tokio_mpsc::unbounded_channel();
        Self { feed: viewer.feed(), _viewer: viewer, told, shown, shows }
    }

    async fn shows(&mut self, batch: &Batch) -> Shown {
        let body = body(batch);
        let bytes = body.len();
        assert!(self.feed.batch(body, bytes, self.shows.clone()).await);
        timeout(PATIENCE, self.shown.recv()).await.unwrap().unwrap()
    }

    fn told(&self) -> Told {
        self.told.recv_timeout(PATIENCE).unwrap()
    }
}

fn picture(batches: &[Batch]) -> Option<(Size, Vec<u8>)> {
    let mut canvas = Canvas::new();
    for batch in batches {
        canvas.apply(batch).unwrap();
    }
    canvas.size().map(|size| (size, canvas.rgb()))
}

#[test]
fn the_process_draws_exactly_what_the_canvas_draws() {
    let (mut decoder, mut canvas) = (start().unwrap(), Canvas::new());
    let batches = pattern(40);
    assert!(batches.iter().flat_map(|batch| &batch.updates).any(|update| matches!(update, Update::Video { .. })));
    for batch in &batches {
        let applied = canvas.apply(batch).unwrap();
        assert_eq!(decoder.apply(&body(batch), false).unwrap(), Outcome::Applied(applied.damaged));
        assert_eq!(decoder.picture().size(), canvas.size());
        assert!(decoder.picture().bgrx() == canvas.bgrx());
    }
}

#[tokio::test]
async fn after_the_decoder_is_killed_a_new_picture_is_there_within_a_second() {
    let mut desk = Desk::new(program());
    let batches = pattern(12);
    for batch in &batches {
        let shown = desk.shows(batch).await;
        assert_eq!(shown, Shown { number: batch.number, captured_us: batch.captured_us });
    }
    assert_eq!(desk.told(), Told::FirstPicture);
    let last = desk.feed.snapshot().await;
    assert_eq!(last, picture(&batches));
    let before = desk.feed.decoder_process().await.unwrap();

    // Nothing is on its way: the viewer notices by itself.
    let killed = Instant::now();
    kill(before);
    assert_eq!(desk.told(), Told::WantsRefresh);
    let after = desk.feed.decoder_process().await.unwrap();
    assert_ne!(before, after);
    assert_eq!(desk.feed.snapshot().await, last, "the last picture stays");
    // What was on its way is acknowledged and not drawn.
    let late = batch(13, vec![]);
    assert_eq!(desk.shows(&late).await.number, 13);
    let anew = batch(14, batches[0].updates.clone());
    assert_eq!(desk.shows(&anew).await.number, 14);
    let took = killed.elapsed();
    assert_eq!(desk.feed.snapshot().await, picture(&[anew]));
    println!("a new picture {took:?} after the decoder was killed");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_decoder_killed_while_it_draws_loses_no_acknowledgement() {
    let mut desk = Desk::new(program());
    let whole = pattern(1).remove(0);
    desk.shows(&whole).await;
    let process = desk.feed.decoder_process().await.unwrap();
    // Stopped, it takes the next batch and does not answer; then it is killed in the middle of it.
    assert!(Command::new("kill").args(["-STOP", &process.to_string()]).status().unwrap().success());
    let next = body(&batch(whole.number + 1, vec![]));
    assert!(desk.feed.batch(next, 1, desk.shows.clone()).await);
    kill(process);
    let shown = timeout(PATIENCE, desk.shown.recv()).await.unwrap().unwrap();
    assert_eq!(shown.number, whole.number + 1);
    assert_eq!([desk.told(), desk.told()], [Told::FirstPicture, Told::WantsRefresh]);
}

#[tokio::test]
async fn a_decoder_that_hangs_is_replaced_at_the_deadline() {
    let mut desk = Desk::new(program());
    let whole = pattern(1).remove(0);
    desk.shows(&whole).await;
    let process = desk.feed.decoder_process().await.unwrap();
    assert!(Command::new("kill").args(["-STOP", &process.to_string()]).status().unwrap().success());
    let next = batch(whole.number + 1, vec![]);
    assert_eq!(desk.shows(&next).await.number, next.number);
    assert_eq!([desk.told(), desk.told()], [Told::FirstPicture, Told::WantsRefresh]);
    assert_ne!(desk.feed.decoder_process().await.unwrap(), process);
    let anew = batch(whole.number + 2, whole.updates);
    desk.shows(&anew).await;
    assert_eq!(desk.feed.snapshot().await, picture(&[anew]));
}

#[tokio::test]
async fn a_decoder_that_dies_again_and_again_ends_the_session() {
    let desk = Desk::new(program());
    for _ in 0..4 {
        kill(desk.feed.decoder_process().await.unwrap());
        assert_eq!(desk.told(), Told::WantsRefresh);
    }
    kill(desk.feed.decoder_process().await.unwrap());
    assert_eq!(desk.told(), Told::NoDecoder);
    assert_eq!(desk.feed.decoder_process().await, None);
}

#[test]
fn a_program_that_is_no_decoder_or_not_there_is_a_clear_error() {
    let missing = Decoder::start(Program::at("/nowhere/amparo"), Arc::new(|| {})).err().unwrap();
    assert!(matches!(missing, Error::Start(Lost::System(_))));
    let other = Decoder::start(Program::at("/bin/true"), Arc::new(|| {})).err().unwrap();
    assert!(matches!(other, Error::Start(Lost::Ended(Some(status))) if status.success()));
    let desk = Desk::new(Program::at("/bin/false"));
    assert_eq!(desk.told(), Told::NoDecoder);
}

#[test]
fn the_decoder_ends_with_whoever_started_it() {
    let (tell, told) = mpsc::channel();
    let decoder = Decoder::start(program(), Arc::new(move || tell.send(()).unwrap_or(()))).unwrap();
    let process = decoder.process().unwrap();
    drop(decoder);
    told.recv_timeout(PATIENCE).unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());

    // The thread goes and takes its decoder along, even if nothing is cleaned up.
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        std::mem::forget(Decoder::start(program(), Arc::new(move || tell.send(()).unwrap_or(()))).unwrap());
    });
    thread.join().unwrap();
    told.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn typed_by_a_person_it_says_what_it_is_for() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_amparo")).arg(Program::WORD).stdin(std::process::Stdio::null()).output();
    let output = output.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("started by the viewer"));
    let help = Command::new(env!("CARGO_BIN_EXE_amparo")).arg("--help").output().unwrap();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("ecode"));
}
