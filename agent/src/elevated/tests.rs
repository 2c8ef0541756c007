//! Both sides over a line in memory, each against one that breaks the rules, and against each other.
#![allow(clippy::unwrap_used)]

use std::{sync::mpsc, thread::JoinHandle, time::Duration};

use desktop::{Injector, attention::System, desk::Desk};
use protocol::{
    frame, limits,
    message::{control::Attention, input::Input},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    runtime::Runtime,
};

use super::{
    hands::{self, Within},
    words::{Do, Done, WHY_BYTES, WORD_BYTES},
    *,
};

/// More than any test says.
const LINE_BYTES: usize = 64 * 1024;
/// A key that the hands of these tests do not have.
const NO_KEY: u16 = 999;

fn key(code: u16, down: bool) -> Input {
    Input::Key { code, down }
}

/// Hands that remember.
#[derive(Default)]
struct Fake(Vec<Input>);

impl Injector for Fake {
    fn inject(&mut self, input: &Input) -> Result<(), desktop::Error> {
        self.0.push(input.clone());
        match input {
            Input::Key { code: NO_KEY, .. } => Err(desktop::Error::Key(NO_KEY)),
            _ => Ok(()),
        }
    }
}

/// A system that can be asked. What it makes of that is for the other side to look at: whoever waits here keeps all input waiting.
struct Asked;

impl System for Asked {
    fn administrator(&self) -> bool {
        true
    }
    fn policy(&self) -> Option<u32> {
        Some(3)
    }
    fn ask(&mut self) -> bool {
        true
    }
    fn look(&mut self) -> Desk {
        unreachable!("it is looked at")
    }
    fn wait(&mut self, _: Duration) {
        unreachable!("it is waited for")
    }
}

fn word(word: &impl serde::Serialize) -> Vec<u8> {
    frame::encode(word, WORD_BYTES).unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Serves one that says these bytes and closes: how it ended, what the hands did, what was answered.
async fn served(said: &[u8], system: Option<Box<dyn System>>) -> (Result<(), ServeError>, Vec<Input>, Vec<Done>) {
    let (mut theirs, ours) = duplex(LINE_BYTES);
    theirs.write_all(said).await.unwrap();
    theirs.shutdown().await.unwrap();
    let mut hands = Fake::default();
    let ended = serve(ours, &mut hands, system).await;
    let mut answered = Vec::new();
    theirs.read_to_end(&mut answered).await.unwrap();
    let mut inbox = frame::Reassembler::new(WORD_BYTES);
    inbox.feed(&answered);
    let answers = std::iter::from_fn(|| inbox.next().unwrap()).collect();
    (ended, hands.0, answers)
}

#[tokio::test]
async fn each_word_is_answered_in_order_and_the_end_of_the_line_is_a_good_end() {
    let said = [
        word(&Do::Input(key(30, true))),
        word(&Do::Input(key(NO_KEY, true))),
        word(&Do::CtrlAltDel),
        word(&Do::Input(Input::Move { x: 7, y: 8 })),
    ]
    .concat();
    let (ended, did, answers) = served(&said, Some(Box::new(Asked))).await;
    ended.unwrap();
    let refused = desktop::Error::Key(NO_KEY).to_string();
    let asked = Done::CtrlAltDel(None);
    assert_eq!(answers, [Done::Ready, Done::Input(Ok(())), Done::Input(Err(refused)), asked, Done::Input(Ok(()))]);
    let moved = Input::Move { x: 7, y: 8 };
    assert_eq!(did, [key(30, true), key(NO_KEY, true), Input::ReleaseAll, moved, Input::ReleaseAll]);
}

#[tokio::test]
async fn where_no_system_is_to_be_asked_the_three_are_keys() {
    let (ended, did, answers) = served(&word(&Do::CtrlAltDel), None).await;
    ended.unwrap();
    assert_eq!(answers, [Done::Ready, Done::CtrlAltDel(Some(Attention::Typed))]);
    let keys = desktop::attention::keys();
    let all: Vec<_> = [Input::ReleaseAll].into_iter().chain(keys).chain([Input::ReleaseAll]).collect();
    assert_eq!(did, all);
}

#[tokio::test]
async fn what_is_no_word_ends_it_and_nothing_stays_held() {
    let good = word(&Do::Input(key(30, true)));
    let trailing = {
        let mut body = frame::encode_body(&Do::CtrlAltDel, WORD_BYTES).unwrap();
        body.push(0);
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [&length[..], &body].concat()
    };
    // An input, and of those a text.
    let text = |text: &str| word(&(0_u8, 4_u8, text));
    assert_eq!(text("n"), word(&Do::Input(Input::Text("n".to_owned().try_into().unwrap()))));
    let cases: [(&str, Vec<u8>); 8] = [
        ("garbage", vec![5, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ("4 GB", u32::MAX.to_le_bytes().to_vec()),
        ("one byte more than a word may have", u32::try_from(WORD_BYTES + 1).unwrap().to_le_bytes().to_vec()),
        ("nothing", vec![0; 4]),
        ("half a length", vec![3, 0]),
        ("half a word", good[..good.len() - 1].to_vec()),
        ("a word and more", trailing),
        ("text with a line's end", text("\n")),
    ];
    for (what, bytes) in cases {
        let (ended, did, answers) = served(&[good.clone(), bytes].concat(), None).await;
        assert!(ended.is_err(), "{what}");
        assert_eq!(did, [key(30, true), Input::ReleaseAll], "{what}");
        assert_eq!(answers, [Done::Ready, Done::Input(Ok(()))], "{what}");
    }
}

#[tokio::test]
async fn who_is_gone_before_the_first_word_leaves_nothing_held() {
    let (theirs, ours) = duplex(LINE_BYTES);
    drop(theirs);
    let mut hands = Fake::default();
    assert!(serve(ours, &mut hands, None).await.is_err(), "there was nobody to say Ready to");
    assert_eq!(hands.0, [Input::ReleaseAll]);
}

#[test]
fn the_longest_words_can_be_said() {
    let text = Input::Text("x".repeat(limits::INPUT_TEXT_BYTES).try_into().unwrap());
    assert!(frame::encode(&Do::Input(text), WORD_BYTES).is_ok());
    let why = words::why(&desktop::Error::Refused("ü".repeat(WORD_BYTES)));
    assert!((WHY_BYTES - 1..=WHY_BYTES).contains(&why.len()));
    assert!(frame::encode(&Done::Input(Err(why)), WORD_BYTES).is_ok());
}

/// Says when it is called; how often is the number of what comes.
fn lost() -> (impl FnOnce() + Send + 'static, mpsc::Receiver<()>) {
    let (tell, told) = mpsc::channel();
    (move || tell.send(()).unwrap(), told)
}

/// How often it was told, once nobody is left who could.
fn times(told: &mpsc::Receiver<()>) -> usize {
    let mut times = 0;
    loop {
        match told.recv_timeout(Duration::from_secs(20)) {
            Ok(()) => times += 1,
            Err(mpsc::RecvTimeoutError::Disconnected) => return times,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the hands' task has not ended"),
        }
    }
}

/// A process in a thread of its own.
fn process(line: DuplexStream) -> JoinHandle<(Result<(), ServeError>, Vec<Input>)> {
    std::thread::spawn(move || {
        let mut hands = Fake::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ended = runtime.block_on(serve(line, &mut hands, Some(Box::new(Asked))));
        (ended, hands.0)
    })
}

#[test]
fn hands_reach_the_process_and_it_ends_with_the_last_of_them() {
    let runtime = runtime();
    let (ours, theirs) = duplex(LINE_BYTES);
    let process = process(theirs);
    let (lost, told) = lost();
    let mut hands = runtime.block_on(hands::over(ours, Within::USUAL, (), lost)).unwrap();
    let clone = hands.clone();
    Hands::inject(&hands, &key(30, true)).unwrap();
    drop(hands.clone());
    let refused = Injector::inject(&mut hands, &key(NO_KEY, true)).unwrap_err();
    assert!(refused.to_string().contains(&NO_KEY.to_string()), "{refused}");
    drop(hands);
    assert_eq!(clone.ctrl_alt_del(), None, "it was asked");
    drop(clone);
    let (ended, did) = process.join().unwrap();
    ended.unwrap();
    assert_eq!(did, [key(30, true), key(NO_KEY, true), Input::ReleaseAll, Input::ReleaseAll]);
    assert_eq!(times(&told), 0);
}

/// What a process does that breaks the rules, once it was asked something.
enum Does {
    Says(Vec<u8>),
    Closes,
    Nothing,
}

#[test]
fn a_process_that_answers_wrongly_or_never_is_lost_once() {
    let runtime = runtime();
    let short = Within { answer: Duration::from_millis(50), ..Within::USUAL };
    let cases = [
        ("the answer to another word", Does::Says(word(&Done::CtrlAltDel(None))), Within::USUAL),
        ("ready again", Does::Says(word(&Done::Ready)), Within::USUAL),
        ("garbage", Does::Says(vec![1, 0, 0, 0, 0xff]), Within::USUAL),
        ("4 GB", Does::Says(u32::MAX.to_le_bytes().to_vec()), Within::USUAL),
        ("nothing at all", Does::Nothing, short),
        ("half an answer", Does::Says(vec![9, 0]), short),
        ("closes", Does::Closes, Within::USUAL),
    ];
    for (what, does, within) in cases {
        let (ours, mut theirs) = duplex(LINE_BYTES);
        let (lost, told) = lost();
        let hands = runtime.block_on(async {
            theirs.write_all(&word(&Done::Ready)).await.unwrap();
            hands::over(ours, within, (), lost).await.unwrap()
        });
        runtime.spawn(async move {
            // The length of the first word, of which no more is looked at.
            theirs.read_exact(&mut [0; 4]).await.unwrap();
            match does {
                Does::Says(bytes) => theirs.write_all(&bytes).await.unwrap(),
                Does::Closes => return,
                Does::Nothing => {}
            }
            // Until our side has closed it.
            let _ = theirs.read_to_end(&mut Vec::new()).await;
        });
        assert!(hands.inject(&key(30, true)).is_err(), "{what}");
        assert_eq!(times(&told), 1, "{what}");
        assert!(hands.inject(&Input::ReleaseAll).is_err(), "{what}");
        assert_eq!(hands.ctrl_alt_del(), Some(Attention::NeedsAdministrator), "{what}");
    }
}

#[test]
fn a_process_that_goes_or_speaks_unasked_is_lost_though_nobody_asks_it_anything() {
    let runtime = runtime();
    for unasked in [None, Some(word(&Done::Input(Ok(()))))] {
        let (ours, mut theirs) = duplex(LINE_BYTES);
        let (lost, told) = lost();
        let hands = runtime.block_on(async {
            theirs.write_all(&word(&Done::Ready)).await.unwrap();
            let hands = hands::over(ours, Within::USUAL, (), lost).await.unwrap();
            if let Some(unasked) = &unasked {
                theirs.write_all(unasked).await.unwrap();
            }
            hands
        });
        // Closed only where nothing is said.
        let kept = unasked.is_some().then_some(theirs);
        assert_eq!(times(&told), 1);
        assert_eq!(hands.ctrl_alt_del(), Some(Attention::NeedsAdministrator));
        drop(kept);
    }
}

#[test]
fn a_process_that_is_not_ready_is_none() {
    let runtime = runtime();
    let short = Within { ready: Duration::from_millis(50), ..Within::USUAL };
    for (what, said, closes, within) in [
        ("silent", vec![], false, short),
        ("gone", vec![], true, Within::USUAL),
        ("another word", word(&Done::Input(Ok(()))), false, Within::USUAL),
        ("garbage", vec![1, 0, 0, 0, 0xff], false, Within::USUAL),
        ("too long", u32::MAX.to_le_bytes().to_vec(), false, Within::USUAL),
        ("half a word", vec![1, 0], true, Within::USUAL),
    ] {
        let (ours, mut theirs) = duplex(LINE_BYTES);
        let (lost, told) = lost();
        let started = runtime.block_on(async {
            theirs.write_all(&said).await.unwrap();
            if closes {
                theirs.shutdown().await.unwrap();
            }
            hands::over(ours, within, (), lost).await
        });
        assert!(matches!(started, Err(StartError::Failed(_))), "{what}");
        assert_eq!(times(&told), 0, "{what}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_child_that_is_no_such_process_is_a_failure_and_no_wait() {
    for command in [vec!["true"], vec!["false"], vec!["echo", "ready"], vec!["/nowhere/amparo"]] {
        let way = Way::Pretended(command.iter().map(Into::into).collect());
        assert_eq!(way.can(), Can::Yes);
        let (lost, told) = lost();
        let started = start(&way, lost).await;
        assert!(matches!(started, Err(StartError::Failed(_))), "{command:?}");
        assert_eq!(times(&told), 0, "{command:?}");
    }
}

#[tokio::test]
async fn where_there_is_no_way_there_are_no_hands() {
    let (lost, told) = lost();
    assert_eq!(Way::None.can(), Can::No);
    assert!(matches!(start(&Way::None, lost).await, Err(StartError::Failed(_))));
    assert_eq!(times(&told), 0);
}
