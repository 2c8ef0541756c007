//! Streams of a paired session, copied from one program to the other: bytes as they are, with priority, end, reset and stop.
//!
//! Called by a connection for each stream its program opens. Reads the head of a stream and nothing else of it; what follows is sealed
//! between the two programs.
//!
//! # What a byte costs here
//!
//! **Copies:** none in this module. In all there are two in user space, both by QUIC: out of the socket's buffer into the memory of one
//! batch of packets, where it is decrypted in place; out of that memory into the packet to the other program, where it is encrypted in
//! place. What is in between are references to the batch. (The kernel copies once in, once out.) Joining small pieces into larger ones
//! would be a third copy.
//!
//! **Wake-ups:** a batch of packets wakes four tasks one after the other: the end point (reads the socket), the connection it is for
//! (decrypts), the stream's task here, the other connection (encrypts, sends the batch with one call). A task that becomes runnable is
//! the next on the same thread. The task here takes all that is there with one lock of the one connection and hands it on with one lock
//! of the other; only with nothing to read it looks for a stop, and for the session's end once a batch.
//!
//! **Queues:** the receive window of the one stream and the send window of the other connection (`listener::transport`); nothing is held
//! in this module across a wait but one batch that the other side has no room for, and while it is held nothing more is read.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use futures::FutureExt;
use protocol::message::stream::{HEAD_BYTES, StreamHead, StreamKind};
use quinn::{Connection, ReadError, RecvStream, SendStream, VarInt, WriteError};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::config::Tap;

/// Why a stream is reset or stopped by the relay itself, as its code. Codes of programs pass through unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum StreamCode {
    /// The other half has lost its connection, or the session is over.
    Gone = 0x100,
    /// There is no such session here, or no room for the stream in it.
    Refused = 0x101,
}

impl From<StreamCode> for VarInt {
    fn from(code: StreamCode) -> VarInt {
        VarInt::from_u32(code as u32)
    }
}

/// Where a stream goes.
pub struct Route {
    /// The other half's connection.
    pub other: Connection,
    /// Ends when one half is lost or the session is over.
    pub cut: CancellationToken,
    /// This stream's place among those the session may have at once.
    pub place: OwnedSemaphorePermit,
}

/// Why a stream is not carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SpliceError {
    /// No head came in time, or it is not one.
    #[error("a stream without a proper head")]
    Head,
    /// The number was used before in this session.
    #[error("stream number {0} was used before")]
    NumberReused(u64),
    /// Inner TLS runs both ways; everything else one way.
    #[error("a {0:?} stream with the wrong directions")]
    Directions(StreamKind),
    /// Not in this session, or its other half is not here: can happen to an honest program at the moment of a cut.
    #[error("no such paired session")]
    NotPaired,
    /// As many streams as a session may have.
    #[error("too many streams at once")]
    Full,
    /// The other program takes no more streams.
    #[error("the other program takes no more streams")]
    Unwilling,
}

impl SpliceError {
    /// An honest program never does this.
    pub fn is_violation(self) -> bool {
        matches!(self, Self::Head | Self::NumberReused(_) | Self::Directions(_))
    }
}

/// How long the head may take, and the other program to grant a stream.
const HEAD_WITHIN: Duration = Duration::from_secs(5);

/// Carries a stream that goes one way, until it ends.
pub async fn one_way<R>(mut from: RecvStream, route: R, tap: Option<&Tap>) -> Result<(), SpliceError>
where
    R: FnOnce(StreamHead) -> Result<Route, SpliceError>,
{
    let opened = async {
        let (head, route) = admit(&mut from, false, route).await?;
        let to = tokio::time::timeout(HEAD_WITHIN, route.other.open_uni()).await.map_err(|_| SpliceError::Unwilling)?;
        Ok((head, to.map_err(|_| SpliceError::NotPaired)?, route))
    };
    match opened.await {
        Ok((head, to, route)) => {
            copy(from, to, Some(head), &route.cut, tap).await;
            drop(route.place);
            Ok(())
        }
        Err(error) => {
            let _ = from.stop(StreamCode::Refused.into());
            Err(error)
        }
    }
}

/// Carries a stream that goes both ways, until both have ended.
pub async fn both_ways<R>(
    back: SendStream,
    mut from: RecvStream,
    route: R,
    tap: Option<&Tap>,
) -> Result<(), SpliceError>
where
    R: FnOnce(StreamHead) -> Result<Route, SpliceError>,
{
    let mut back = back;
    let opened = async {
        let (head, route) = admit(&mut from, true, route).await?;
        let to = tokio::time::timeout(HEAD_WITHIN, route.other.open_bi()).await.map_err(|_| SpliceError::Unwilling)?;
        Ok((head, to.map_err(|_| SpliceError::NotPaired)?, route))
    };
    match opened.await {
        Ok((head, (to, answer), route)) => {
            let _ = back.set_priority(i32::from(head.priority));
            tokio::join!(copy(from, to, Some(head), &route.cut, tap), copy(answer, back, None, &route.cut, tap));
            drop(route.place);
            Ok(())
        }
        Err(error) => {
            let _ = from.stop(StreamCode::Refused.into());
            let _ = back.reset(StreamCode::Refused.into());
            Err(error)
        }
    }
}

/// Reads the head and finds the way.
async fn admit<R>(from: &mut RecvStream, both_ways: bool, route: R) -> Result<(StreamHead, Route), SpliceError>
where
    R: FnOnce(StreamHead) -> Result<Route, SpliceError>,
{
    let mut bytes = [0; HEAD_BYTES];
    match tokio::time::timeout(HEAD_WITHIN, from.read_exact(&mut bytes)).await {
        Ok(Ok(())) => {}
        // Opened and taken back at once, or cut: nothing was broken.
        Ok(Err(quinn::ReadExactError::ReadError(_))) => return Err(SpliceError::NotPaired),
        Ok(Err(quinn::ReadExactError::FinishedEarly(_))) | Err(_) => return Err(SpliceError::Head),
    }
    let head = StreamHead::from_bytes(&bytes).ok_or(SpliceError::Head)?;
    if (head.kind == StreamKind::Secure) != both_ways {
        return Err(SpliceError::Directions(head.kind));
    }
    let route = route(head)?;
    Ok((head, route))
}

/// One direction, from the head on. Ends when the sender has finished or reset, the receiver has stopped, or the session is cut.
async fn copy(
    mut from: RecvStream,
    mut to: SendStream,
    head: Option<StreamHead>,
    cut: &CancellationToken,
    tap: Option<&Tap>,
) {
    match carry(&mut from, &mut to, head, cut, tap).await {
        Ok(()) => {
            let _ = to.finish();
            // A stop that comes after the end but before all has arrived needs no passing on: there is nothing left to stop.
            tokio::select! {
                () = cut.cancelled() => { let _ = to.reset(StreamCode::Gone.into()); }
                _ = to.stopped() => {}
            }
        }
        Err(Break::Reset(code)) => {
            let _ = to.reset(code);
        }
        Err(Break::Stopped(code)) => {
            let _ = from.stop(code);
        }
        Err(Break::Cut) => {
            let _ = to.reset(StreamCode::Gone.into());
            let _ = from.stop(StreamCode::Gone.into());
        }
    }
}

enum Break {
    Reset(VarInt),
    Stopped(VarInt),
    Cut,
}

/// Pieces handed on at once. One is what a packet brought, and QUIC sends ten packets at a time.
const PIECES: usize = 32;

async fn carry(
    from: &mut RecvStream,
    to: &mut SendStream,
    head: Option<StreamHead>,
    cut: &CancellationToken,
    tap: Option<&Tap>,
) -> Result<(), Break> {
    let mut stopped = pin!(to.stopped());
    let mut over = pin!(cut.cancelled());
    let mut pieces: [Bytes; PIECES] = std::array::from_fn(|_| Bytes::new());
    let mut begun = 0;
    if let Some(head) = head {
        let _ = to.set_priority(i32::from(head.priority));
        pieces[0] = Bytes::copy_from_slice(&head.to_bytes());
        begun = 1;
    }
    loop {
        let read = if begun > 0 {
            // The head goes out with what has come behind it already, in one packet; if nothing has, at once.
            from.read_chunks(&mut pieces[begun..]).now_or_never().unwrap_or(Ok(Some(0)))
        } else {
            // Biased: what has arrived is passed on before a stop is looked at.
            tokio::select! {
                biased;
                read = from.read_chunks(&mut pieces) => read,
                stopped = &mut stopped => return Err(match stopped {
                    Ok(Some(code)) => Break::Stopped(code),
                    Ok(None) | Err(_) => Break::Cut,
                }),
                () = &mut over => return Err(Break::Cut),
            }
        };
        // Also with a head still in hand: an end or a reset right behind it is passed on after it.
        let ended = !matches!(read, Ok(Some(_)));
        let filled = begun + read.as_ref().map_or(0, |count| count.unwrap_or(0));
        begun = 0;
        // Always something to read and always room: then nobody but this looks whether the session is over.
        if cut.is_cancelled() {
            return Err(Break::Cut);
        }
        let pieces = &mut pieces[..filled];
        if let Some(tap) = tap {
            pieces.iter().for_each(|piece| tap(piece));
        }
        tokio::select! {
            biased;
            written = to.write_all_chunks(pieces) => write(written)?,
            () = &mut over => return Err(Break::Cut),
        }
        if ended {
            return match read {
                Ok(_) => Ok(()),
                Err(ReadError::Reset(code)) => Err(Break::Reset(code)),
                Err(_) => Err(Break::Cut),
            };
        }
    }
}

fn write(written: Result<(), WriteError>) -> Result<(), Break> {
    written.map_err(|error| match error {
        WriteError::Stopped(code) => Break::Stopped(code),
        _ => Break::Cut,
    })
}

/// Numbers of streams that one half has opened: each is used once.
#[derive(Debug, Default)]
pub struct Numbers {
    /// All numbers below are taken as used.
    floor: u64,
    used: std::collections::BTreeSet<u64>,
}

impl Numbers {
    /// Streams may overtake each other by this many numbers.
    const WINDOW: usize = 1024;

    /// Takes a number, if it was not used before.
    pub fn take(&mut self, number: u64) -> bool {
        if number < self.floor || !self.used.insert(number) {
            return false;
        }
        if self.used.len() > Self::WINDOW
            && let Some(smallest) = self.used.pop_first()
        {
            self.floor = smallest.saturating_add(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_number_is_taken_once_also_out_of_order() {
        let mut numbers = Numbers::default();
        for number in [0, 2, 1, 5, u64::MAX] {
            assert!(numbers.take(number));
            assert!(!numbers.take(number));
        }
        let mut numbers = Numbers::default();
        for number in 0..10_000 {
            assert!(numbers.take(number));
        }
        assert!(!numbers.take(0), "forgotten numbers count as used");
        assert!(numbers.used.len() <= Numbers::WINDOW);
    }
}
