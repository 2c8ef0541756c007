//! One port number for both: UDP for programs, TCP for browsers.

use std::{
    io,
    net::{SocketAddr, TcpListener, UdpSocket},
};

use socket2::{Domain, Protocol, Socket, Type};

/// A whole 1080p picture of several programs at once may arrive between two looks; the kernel's usual 208 kB lose packets.
const UDP_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// Port 0: the system's choice for TCP may be taken for UDP.
const TRIES: usize = 32;

/// Why the port cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody else has it.
    #[error("{what} port {} on {} is in use: another amparo-relay runs already, or another program has the port. Stop it, or choose another port with --listen {}:PORT", address.port(), address.ip(), address.ip())]
    InUse {
        /// `TCP` or `UDP`.
        what: &'static str,
        /// Which.
        address: SocketAddr,
    },
    /// Ports below 1024 belong to the administrator.
    #[error("this user may not open {what} port {}: choose a port above 1023 with --listen, or grant CAP_NET_BIND_SERVICE", address.port())]
    NotAllowed {
        /// `TCP` or `UDP`.
        what: &'static str,
        /// Which.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("{what} port {address} cannot be opened: check the address after --listen")]
    Other {
        /// `TCP` or `UDP`.
        what: &'static str,
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// Opens both, ready for a runtime (non-blocking).
///
/// # Errors
/// See [`PortError`].
pub fn bind(address: SocketAddr) -> Result<(UdpSocket, TcpListener), PortError> {
    let mut tries = if address.port() == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        let tcp = tcp(address).map_err(|error| explain("TCP", address, error))?;
        let address = tcp.local_addr().map_err(|error| explain("TCP", address, error))?;
        match udp(address) {
            Ok(udp) => return Ok((udp, tcp)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) => return Err(explain("UDP", address, error)),
        }
    }
}

fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the browsers' old connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    // As much as the system grants; less only costs speed.
    let _ = socket.set_recv_buffer_size(UDP_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(UDP_BUFFER_BYTES);
    socket.bind(&address.into())?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn explain(what: &'static str, address: SocketAddr, source: io::Error) -> PortError {
    match source.kind() {
        io::ErrorKind::AddrInUse => PortError::InUse { what, address },
        io::ErrorKind::PermissionDenied => PortError::NotAllowed { what, address },
        _ => PortError::Other { what, address, source },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_get_the_same_number_and_a_taken_one_is_named() {
        let (udp, tcp) = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = tcp.local_addr().unwrap();
        assert_eq!(udp.local_addr().unwrap(), address);
        let text = bind(address).unwrap_err().to_string();
        assert!(text.contains(&format!("TCP port {}", address.port())) && text.contains("--listen"), "{text}");
        drop(tcp);
        let text = bind(address).unwrap_err().to_string();
        assert!(text.contains(&format!("UDP port {}", address.port())), "{text}");
    }
}
