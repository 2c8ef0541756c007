//! UDP without what newer systems add to it: one datagram a call, no marks, no batches.
//!
//! For systems where quinn's own socket cannot be set up because an option is missing (Wine, old Windows, odd network drivers). Slower, and
//! otherwise the same. Used by [`super::quic`] only.

use std::{
    fmt,
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use quinn::{
    AsyncUdpSocket, UdpPoller,
    udp::{RecvMeta, Transmit},
};
use tokio::{io::ReadBuf, net::UdpSocket};

/// Winsock's word for an option that is not there, and for an operation that is not.
const NO_SUCH_OPTION: [i32; 2] = [10042, 10045];

/// Is this the error of a system that lacks an option?
pub(super) fn wanted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || cfg!(windows) && error.raw_os_error().is_some_and(|code| NO_SUCH_OPTION.contains(&code))
}

/// The socket.
#[derive(Debug)]
pub(super) struct Socket(UdpSocket);

impl Socket {
    /// Over one that is bound.
    pub(super) fn new(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket).map(Self)
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { socket: self, waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.0.try_send_to(transmit.contents, transmit.destination).map(drop)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(target), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else { return Poll::Ready(Ok(0)) };
        let mut buffer = ReadBuf::new(target);
        let from = loop {
            match ready!(self.0.poll_recv_from(cx, &mut buffer)) {
                Ok(from) => break from,
                // Windows tells here that an earlier datagram met a closed port. That is no reason to hear nobody.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        };
        let len = buffer.filled().len();
        *meta = RecvMeta { addr: from, len, stride: len, ecn: None, dst_ip: None };
        Poll::Ready(Ok(1))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

type Waiting = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// Waits until something can be sent.
struct Writable {
    socket: Arc<Socket>,
    waiting: Option<Waiting>,
}

impl UdpPoller for Writable {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = self.socket.clone();
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(async move { socket.0.writable().await }));
        let done = ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        Poll::Ready(done)
    }
}

impl fmt::Debug for Writable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable").field("socket", &self.socket).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_datagram_goes_out_and_one_comes_in_with_its_sender_and_length() {
        let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let socket = Arc::new(Socket::new(std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap());
        let mut writable = socket.clone().create_io_poller();
        std::future::poll_fn(|cx| writable.as_mut().poll_writable(cx)).await.unwrap();
        let destination = other.local_addr().unwrap();
        let transmit = Transmit { destination, ecn: None, contents: b"hello", segment_size: None, src_ip: None };
        socket.try_send(&transmit).unwrap();
        let mut heard = [0; 32];
        let (length, from) = other.recv_from(&mut heard).await.unwrap();
        assert_eq!((&heard[..length], from), (&b"hello"[..], socket.local_addr().unwrap()));

        other.send_to(b"well", from).await.unwrap();
        let (mut buffer, mut meta) = ([0; 32], [RecvMeta::default()]);
        let got = std::future::poll_fn(|cx| socket.poll_recv(cx, &mut [IoSliceMut::new(&mut buffer)], &mut meta)).await;
        assert_eq!((got.unwrap(), meta[0].addr, meta[0].len), (1, destination, 4));
        assert_eq!(&buffer[..4], b"well");
    }
}
