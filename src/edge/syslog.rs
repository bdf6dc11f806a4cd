//! Hands records to collectors of logs (RFC 5424), in counted frames or as datagrams.
//!
//! # Promises
//! - In `tests/targets`: against a strict collector.
//!
//! # Not here
//! No acknowledgement: the protocol has none. A collector that resets the connection has not read
//! what was written, and one that closes it after us has.

use std::io::Write;
use std::net::{ToSocketAddrs, UdpSocket};

use crate::edge::fault::of_io;
use crate::edge::wire::{Trust, Wire};
use crate::limits::SYSLOG_CLOSE_WAIT;
use crate::model::http::{LinkFault, Reply};
use crate::model::record::{Carrier, Records};

/// Hands in records. The answer is ours: that they were written.
///
/// # Errors
/// Says which part of the path failed.
pub(super) fn write(written: &Records, trust: impl Fn() -> Trust) -> Result<Reply, LinkFault> {
    let Records { server, port, carrier, records, deadline, .. } = written;
    if *carrier == Carrier::Udp {
        datagrams(server, *port, records)?;
        return Ok(Reply::empty(200));
    }
    let mut wire = Wire::open(server, *port, *deadline)?;
    if *carrier == Carrier::Tls {
        wire = wire.secure(server, trust())?;
    }
    wire.write_all(&written.framed()).map_err(|error| of_io(&error))?;
    wire.finish(SYSLOG_CLOSE_WAIT)?;
    Ok(Reply::empty(200))
}

fn datagrams(server: &str, port: u16, records: &[Vec<u8>]) -> Result<(), LinkFault> {
    let mut addresses = (server, port).to_socket_addrs().map_err(|_| LinkFault::NoSuchHost)?;
    let address = addresses.next().ok_or(LinkFault::NoSuchHost)?;
    let own = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(own).map_err(|error| of_io(&error))?;
    socket.connect(address).map_err(|error| of_io(&error))?;
    for record in records {
        socket.send(record).map_err(|error| of_io(&error))?;
    }
    Ok(())
}
