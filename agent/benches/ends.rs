//! The two ends of a picture's way in the program, sealing and drawing, beside what they are made of, in one run:
//! `cargo bench -p amparo-agent --bench ends`. Ratios count, not times.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use amparo_agent::{
    attendant::surface::{Surface, View},
    gui::surface::Area,
    link::{quic::provider, sealed::SessionKeys},
};
use media::Canvas;
use protocol::{
    id::SessionId,
    limits::PICTURE_MESSAGE_BYTES,
    media::{Batch, Bytes, Rect, Update},
    message::{pairing::Role, stream::StreamKind},
};
use quinn::{Connection, Endpoint, crypto::rustls::QuicClientConfig};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use tokio::runtime::Runtime;

#[path = "../media/benches/support/mod.rs"]
mod support;

use support::{Display, SCREEN};

fn main() {
    divan::main();
}

/// Bytes of a typed letter, of a line, of a piece of a scrolled page.
const MESSAGES: [usize; 3] = [100, 3_000, 60_000];

#[divan::bench_group(max_time = 1)]
mod seal {
    use super::*;

    /// As the program does it: to bytes, sealed, onto its stream.
    #[divan::bench(args = MESSAGES)]
    fn message(bencher: divan::Bencher<'_, '_>, bytes: usize) {
        let line = Line::new();
        let keys = SessionKeys::new(&[7; 32], Role::Customer, SessionId::from_bytes([3; 16]));
        let mut stream = line.runtime.block_on(keys.open(&line.here, StreamKind::Picture, 1)).unwrap();
        let batch = batch(bytes);
        bencher.bench_local(|| line.runtime.block_on(stream.send(&batch, PICTURE_MESSAGE_BYTES)).unwrap());
    }

    /// The cipher alone.
    #[divan::bench(args = MESSAGES)]
    fn raw_cipher(bencher: divan::Bencher<'_, '_>, bytes: usize) {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).unwrap());
        let mut message = vec![1; bytes];
        bencher.bench_local(|| {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            key.seal_in_place_separate_tag(nonce, Aad::empty(), divan::black_box(&mut message)).unwrap()
        });
    }

    /// The same bytes onto a stream as they are.
    #[divan::bench(args = MESSAGES)]
    fn raw_write(bencher: divan::Bencher<'_, '_>, bytes: usize) {
        let line = Line::new();
        let mut stream = line.runtime.block_on(line.here.open_uni()).unwrap();
        let message = vec![1; bytes];
        bencher.bench_local(|| line.runtime.block_on(stream.write_all(&message)).unwrap());
    }
}

#[cfg(target_os = "linux")]
#[divan::bench_group(max_time = 1)]
mod draw {
    use super::*;
    use x11rb::{
        connection::Connection as _,
        protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass},
    };

    const LETTER: Rect = Rect { x: 64, y: 64, width: 8, height: 14 };
    const WINDOW: Rect = Rect { x: 64, y: 64, width: 640, height: 480 };

    /// Changed pixels of the canvas onto the screen at 1:1, until the X server has drawn them.
    #[divan::bench(args = [LETTER, WINDOW, SCREEN.rect()])]
    fn changed(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let Some(display) = Display::start() else { return };
        let (connection, screen) = x11rb::connect(Some(display.name())).unwrap();
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id().unwrap();
        connection
            .create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                window,
                root,
                0,
                0,
                SCREEN.width,
                SCREEN.height,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &CreateWindowAux::new(),
            )
            .unwrap();
        connection.map_window(window).unwrap().check().unwrap();
        let area = Area { x: 0, y: 0, width: SCREEN.width.into(), height: SCREEN.height.into() };
        let mut surface = Surface::open(Some(display.name()), window, area, [0; 3]).unwrap();
        surface.show().unwrap();
        let mut canvas = Canvas::new();
        canvas.apply(&Batch { number: 1, captured_us: 0, updates: vec![Update::Resize(SCREEN)] }).unwrap();
        surface.draw(canvas.picture(), &[SCREEN.rect()], View::Scaled).unwrap();
        bencher.bench_local(|| surface.draw(canvas.picture(), &[rect], View::Scaled).unwrap());
    }

    /// One question to the X server and its answer.
    #[divan::bench]
    fn raw_round_trip(bencher: divan::Bencher<'_, '_>) {
        let Some(display) = Display::start() else { return };
        let (connection, _) = x11rb::connect(Some(display.name())).unwrap();
        bencher.bench_local(|| connection.get_input_focus().unwrap().reply().unwrap());
    }

    #[divan::bench(args = [LETTER, WINDOW, SCREEN.rect()])]
    fn raw_copy(bencher: divan::Bencher<'_, '_>, rect: Rect) {
        let source = vec![7_u8; rect.area() as usize * 4];
        let mut target = source.clone();
        bencher.bench_local(|| divan::black_box(&mut target).copy_from_slice(divan::black_box(&source)));
    }
}

/// An input on its way to the X server. Pretended rights: the second process is as it is shipped, but for the system's question.
#[cfg(all(target_os = "linux", feature = "_automation"))]
#[divan::bench_group(max_time = 1)]
mod press {
    use amparo_agent::elevated::{self, WORD, Way};
    use desktop::Choice;
    use protocol::message::input::Input;

    use super::*;

    fn here_and_there() -> impl FnMut() -> Input {
        let mut x = 0;
        move || {
            x = (x + 1) % 640;
            Input::Move { x, y: 7 }
        }
    }

    #[divan::bench]
    fn through_elevated_hands(bencher: divan::Bencher<'_, '_>) {
        let Some(display) = Display::start() else { return };
        let words = [env!("CARGO_BIN_EXE_amparo"), WORD, "--stdio", "--display", display.name()];
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let way = Way::Pretended(words.map(Into::into).to_vec());
        let hands = runtime.block_on(elevated::start(&way, || ())).unwrap();
        let mut next = here_and_there();
        bencher.bench_local(|| hands.inject(&next()).unwrap());
    }

    #[divan::bench]
    fn raw_own_hands(bencher: divan::Bencher<'_, '_>) {
        let Some(display) = Display::start() else { return };
        let mut hands = desktop::open(&Choice { backend: None, display: Some(display.name().to_owned()) }).unwrap();
        let mut next = here_and_there();
        bencher.bench_local(|| hands.inject(&next()).unwrap());
    }
}

fn batch(bytes: usize) -> Batch {
    let rect = Rect { x: 0, y: 0, width: 64, height: 64 };
    Batch { number: 1, captured_us: 0, updates: vec![Update::Patch { rect, data: Bytes(vec![1; bytes]) }] }
}

/// A connection whose other end reads and throws away, in a runtime with a thread of its own.
struct Line {
    here: Connection,
    _ends: (Endpoint, Endpoint),
    runtime: Runtime,
}

impl Line {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (here, ends) = runtime.block_on(async {
            let rcgen::CertifiedKey { cert, signing_key } =
                rcgen::generate_simple_self_signed(vec!["here".to_owned()]).unwrap();
            let key = rustls::pki_types::PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
            let server = quinn::ServerConfig::with_crypto(Arc::new(
                quinn::crypto::rustls::QuicServerConfig::try_from(
                    rustls::ServerConfig::builder_with_provider(provider())
                        .with_protocol_versions(&[&rustls::version::TLS13])
                        .unwrap()
                        .with_no_client_auth()
                        .with_single_cert(vec![cert.der().clone()], key)
                        .unwrap(),
                )
                .unwrap(),
            ));
            let there = Endpoint::server(server, "127.0.0.1:0".parse().unwrap()).unwrap();
            let mut roots = rustls::RootCertStore::empty();
            roots.add(cert.der().clone()).unwrap();
            let tls = rustls::ClientConfig::builder_with_provider(provider())
                .with_protocol_versions(&[&rustls::version::TLS13])
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
            let client = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
            let mut near = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
            near.set_default_client_config(client);
            let accepting = tokio::spawn({
                let there = there.clone();
                async move { there.accept().await.unwrap().await.unwrap() }
            });
            let here = near.connect(there.local_addr().unwrap(), "here").unwrap().await.unwrap();
            let far = accepting.await.unwrap();
            tokio::spawn(async move {
                while let Ok(mut stream) = far.accept_uni().await {
                    while let Ok(Some(_)) = stream.read_chunk(usize::MAX, true).await {}
                }
            });
            (here, (near, there))
        });
        Self { here, _ends: ends, runtime }
    }
}
