//! The parent's side against a child that lies: nothing it says makes the parent read, keep or draw what it should not.
#![allow(clippy::unwrap_used)]

use std::{io::Write as _, os::unix::net::UnixStream, thread::JoinHandle};

use protocol::{
    frame, limits,
    media::{Batch, Size, Update},
};

use super::{
    link::Link,
    serve::Wire,
    words::{ANSWER_BYTES, ASK_BYTES, Answer, Ask},
    *,
};

const SIZE: Size = Size { width: 64, height: 32 };
const SOON: Duration = Duration::from_millis(300);

fn body() -> Vec<u8> {
    let batch = Batch { number: 1, captured_us: 0, updates: vec![Update::Resize(SIZE)] };
    frame::encode_body(&batch, limits::PICTURE_MESSAGE_BYTES).unwrap()
}

/// A parent's end, and the child that does what the script says after its first word.
fn child(script: impl FnOnce(&mut Wire) + Send + 'static) -> (Link, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let child = std::thread::spawn(move || {
        let mut wire = Wire::new(theirs);
        wire.say(&Answer::Ready).unwrap();
        script(&mut wire);
    });
    (Link::with(ours, None, SOON).unwrap(), child)
}

/// Hears one question.
fn hear(wire: &mut Wire) -> Option<Ask> {
    let ask = wire.ask().unwrap()?;
    wire.frame(&mut Vec::new(), limits::PICTURE_MESSAGE_BYTES).unwrap();
    Some(ask)
}

/// What the parent makes of a child that gives these answers to its first batch.
fn told(waits: bool, answers: impl FnOnce(u64) -> Vec<Answer> + Send + 'static) -> Result<Outcome, Lost> {
    let (mut link, child) = child(move |wire| {
        let ask = hear(wire).unwrap();
        for answer in answers(ask.number) {
            match answer {
                // A parent that refuses to give memory closes its end.
                Answer::Wants(size) => match wire.memory(size) {
                    Ok(_) => {}
                    Err(_) => return,
                },
                answer => wire.say(&answer).unwrap(),
            }
        }
        // The end of the parent, not of the child, is what ends this.
        let _ = wire.ask();
    });
    let outcome = link.apply(&body(), waits);
    drop(link);
    child.join().unwrap();
    outcome
}

fn rect(x: u16, y: u16, width: u16, height: u16) -> Rect {
    Rect { x, y, width, height }
}

fn drawn(damaged: Vec<Rect>) -> Result<Outcome, Lost> {
    told(false, move |number| vec![Answer::Wants(SIZE), Answer::Applied { number, damaged }])
}

#[test]
fn an_honest_answer_is_believed_and_its_pixels_are_seen() {
    assert_eq!(
        drawn(vec![rect(0, 0, 64, 32), rect(63, 31, 1, 1)]).unwrap(),
        Outcome::Applied(vec![rect(0, 0, 64, 32), rect(63, 31, 1, 1)])
    );
    let (mut link, child) = child(|wire| {
        let number = hear(wire).unwrap().number;
        let frame = wire.memory(SIZE).unwrap();
        wire.say(&Answer::Applied { number, damaged: vec![] }).unwrap();
        assert!(hear(wire).is_none());
        drop(frame);
    });
    assert!(link.held().is_none());
    link.apply(&body(), false).unwrap();
    let held = link.held().unwrap();
    drop(link);
    child.join().unwrap();
    // The memory outlives the child.
    assert_eq!((held.picture().size(), held.picture().bgrx()), (Some(SIZE), [0, 0, 0, 255].repeat(64 * 32).as_slice()));
}

#[test]
fn rectangles_outside_the_picture_are_refused_at_every_edge() {
    let edges = [0, 1, 31, 32, 33, 63, 64, 65, 32_767, 32_768, 65_534, 65_535];
    for (x, width) in edges.iter().flat_map(|x| edges.map(|width| (*x, width))) {
        let inside = width > 0 && u32::from(x) + u32::from(width) <= 64;
        assert_eq!(drawn(vec![rect(x, 0, width, 1)]).is_ok(), inside, "{x} {width}");
    }
    for (y, height) in edges.iter().flat_map(|y| edges.map(|height| (*y, height))) {
        let inside = height > 0 && u32::from(y) + u32::from(height) <= 32;
        assert_eq!(drawn(vec![rect(0, y, 1, height)]).is_ok(), inside, "{y} {height}");
    }
}

#[test]
fn sizes_over_their_caps_get_no_memory() {
    let side = limits::SCREEN_SIDE_PX;
    let sides = [0, 1, side - 1, side, side + 1, 32_767, 32_768, u16::MAX];
    for (width, height) in sides.iter().flat_map(|width| sides.map(|height| (*width, height))) {
        let size = Size { width, height };
        if size.allowed() && size.area() > 1 << 20 {
            continue;
        }
        let outcome = told(false, move |number| {
            // A child that has its memory may say that it is done.
            vec![Answer::Wants(size), Answer::Applied { number, damaged: vec![] }]
        });
        assert_eq!(outcome.is_ok(), size.allowed(), "{size:?}");
    }
}

#[test]
fn what_cannot_be_true_ends_the_child() {
    let all = rect(0, 0, 64, 32);
    type Lie = Box<dyn FnOnce(u64) -> Vec<Answer> + Send>;
    let lies: [(&str, Lie); 8] = [
        ("drawn without a picture", Box::new(move |number| vec![Answer::Applied { number, damaged: vec![all] }])),
        ("another question", Box::new(|number| vec![Answer::Applied { number: number + 1, damaged: vec![] }])),
        ("began a second time", Box::new(|_| vec![Answer::Ready])),
        ("began a second time", Box::new(|_| vec![Answer::Unprotected { step: Step::Calls, errno: 1 }])),
        ("not to be left out", Box::new(|number| vec![Answer::Skipped { number }])),
        ("more sizes", Box::new(|_| vec![Answer::Wants(SIZE); 5])),
        (
            "more drawn",
            Box::new(move |number| vec![Answer::Wants(SIZE), Answer::Applied { number, damaged: vec![all; 600] }]),
        ),
        (
            "more rectangles",
            Box::new(|number| {
                vec![
                    Answer::Wants(SIZE),
                    Answer::Applied { number, damaged: vec![rect(0, 0, 1, 1); limits::UPDATES_PER_BATCH + 1] },
                ]
            }),
        ),
    ];
    for (why, lie) in lies {
        match told(false, lie) {
            Err(Lost::Lied(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{why}: {other:?}"),
        }
    }
    assert_eq!(told(true, |number| vec![Answer::Skipped { number }]).unwrap(), Outcome::Skipped);
}

#[test]
fn an_answer_that_comes_twice_is_no_answer_to_the_next_question() {
    let (mut link, child) = child(|wire| {
        let number = hear(wire).unwrap().number;
        let answer = Answer::Refused { number, fault: Fault::Video };
        wire.say(&answer).unwrap();
        wire.say(&answer).unwrap();
        while hear(wire).is_some() {}
    });
    assert_eq!(link.apply(&body(), false).unwrap(), Outcome::Refused(Fault::Video));
    assert!(matches!(link.apply(&body(), false), Err(Lost::Lied("an answer to another question"))));
    drop(link);
    child.join().unwrap();
}

#[test]
fn a_child_that_says_nothing_or_reads_nothing_or_drips_is_given_up_at_the_deadline() {
    let began = Instant::now();
    let (mut link, silent) = child(|wire| {
        hear(wire);
        hear(wire);
    });
    assert!(matches!(link.apply(&body(), false), Err(Lost::Silent(SOON))));
    drop(link);
    silent.join().unwrap();

    let (done, ended) = std::sync::mpsc::channel::<()>();
    let (mut link, deaf) = child(move |_| assert!(ended.recv().is_err()));
    let large = vec![0; limits::PICTURE_MESSAGE_BYTES];
    assert!(matches!(link.apply(&large, false), Err(Lost::Silent(SOON))));
    drop((link, done));
    deaf.join().unwrap();

    let (mut link, dripping) = child(|wire| {
        hear(wire);
        let word =
            frame::encode(&Answer::Applied { number: 1, damaged: vec![rect(1, 1, 1, 1); 1000] }, ANSWER_BYTES).unwrap();
        for byte in word {
            if wire.socket.get_mut().write_all(&[byte]).is_err() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
    });
    assert!(matches!(link.apply(&body(), false), Err(Lost::Silent(SOON))));
    drop(link);
    dripping.join().unwrap();
    assert!(began.elapsed() >= SOON * 3);
}

#[test]
fn lengths_over_the_cap_are_refused_before_a_byte_of_them_is_kept() {
    let cap = ANSWER_BYTES as u32;
    for length in [cap + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX] {
        let (mut link, child) = child(move |wire| {
            hear(wire);
            wire.socket.get_mut().write_all(&length.to_le_bytes()).unwrap();
            let _ = wire.ask();
        });
        let refused = link.apply(&body(), false);
        assert!(matches!(refused, Err(Lost::Unreadable(frame::FrameError::TooLong { .. }))), "{length}");
        drop(link);
        child.join().unwrap();
    }
    for bytes in [
        vec![0, 0, 0, 0],
        vec![1, 0, 0, 0, 250],
        vec![3, 0, 0, 0, 3, 1, 255],
        [vec![10, 0, 0, 0, 3, 1, 253], vec![255; 7]].concat(),
    ] {
        let (mut link, child) = child(move |wire| {
            hear(wire);
            wire.socket.get_mut().write_all(&bytes).unwrap();
            let _ = wire.ask();
        });
        assert!(matches!(link.apply(&body(), false), Err(Lost::Unreadable(_))));
        drop(link);
        child.join().unwrap();
    }
}

#[test]
fn the_child_refuses_lengths_over_their_caps_too() {
    for length in [0, 1, ASK_BYTES as u32 + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX] {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(&length.to_le_bytes()).unwrap();
        ours.write_all(&[0]).unwrap();
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(Wire::new(theirs).ask().is_err(), "{length}");
    }
    let cap = limits::PICTURE_MESSAGE_BYTES as u32;
    for length in [cap + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, u32::MAX] {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        ours.write_all(&length.to_le_bytes()).unwrap();
        let mut body = Vec::new();
        assert!(matches!(Wire::new(theirs).frame(&mut body, cap as usize), Err(ServeError::Frame(_))), "{length}");
        assert_eq!(body.capacity(), 0);
    }
}

#[test]
fn a_first_word_that_is_none_is_no_start() {
    let start = |answer: Option<Answer>| {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut wire = Wire::new(theirs);
        if let Some(answer) = answer {
            wire.say(&answer).unwrap();
        } else {
            drop(wire);
        }
        Link::new(ours, None).err().unwrap()
    };
    assert!(matches!(start(Some(Answer::Wants(SIZE))), Lost::Lied(_)));
    let unprotected = start(Some(Answer::Unprotected { step: Step::Calls, errno: 22 }));
    assert!(matches!(unprotected, Lost::Unprotected { step: Step::Calls, errno: 22 }));
    assert!(matches!(start(None), Lost::Ended(None)));
}

#[test]
fn five_failures_within_half_a_minute_are_too_many() {
    let (mut failures, start) = (Failures::default(), Instant::now());
    let mut at = |seconds| failures.note(start + Duration::from_secs(seconds));
    assert_eq!([0, 10, 20, 29].map(&mut at), [false; 4]);
    assert!(!at(31));
    assert!(at(32));
}
