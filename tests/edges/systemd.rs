//! What the service manager hears over its socket.

use core::time::Duration;
use std::os::unix::net::UnixDatagram;

use crate::hub::{Hub, run};
use crate::world::{Mood, World};

#[test]
fn the_service_manager_hears_that_the_hub_is_ready_alive_and_ending() {
    let world = World::new(1, Mood::Calm);
    let socket = UnixDatagram::bind(world.path("notify")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut command = run(&world.path("andon.toml"));
    command.env("NOTIFY_SOCKET", world.path("notify")).env("WATCHDOG_USEC", "2000000");
    let hub = Hub::spawn(command, &world);
    let first = heard(&socket);
    assert!(first.lines().any(|line| line == "READY=1"), "{first}");
    assert!(first.lines().any(|line| line.starts_with("STATUS=")), "{first}");
    // Longer than the silence after which the manager would restart the hub.
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    for _ in 0..3 {
        assert_eq!(heard(&socket).trim_end(), "WATCHDOG=1");
    }
    let ended = std::thread::spawn(move || hub.stop());
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    while heard(&socket).trim_end() != "STOPPING=1" {}
    let (status, said) = ended.join().unwrap();
    assert!(status.success(), "{status}: {said}");
}

/// The next message.
fn heard(socket: &UnixDatagram) -> String {
    let mut message = [0; 512];
    let length = socket.recv(&mut message).expect("a word to the manager in time");
    crate::hub::text(&message[..length])
}
