//! Senders of every kind at the push door: good ones are heard, and the others hold nothing up.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::thread;

use andon::edge::clock::Clock;
use andon::limits::{INGEST_BODY_BYTES_MAX, INGEST_CONNECTIONS_MAX};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::door::{Door, answer, connect, delivery, request, rest};
use crate::patience::{pause, wait_until};

#[test]
fn a_sender_is_heard_however_it_writes() {
    let door = Door::plain();
    let mut stream = door.connect();
    for id in ["a", "b"] {
        stream.write_all(&delivery(id)).unwrap();
        let answer = answer(&mut stream);
        assert_eq!((answer.status, &*answer.body), (200, "accepted\n"), "the connection is kept");
    }
    stream.write_all(&delivery("b")).unwrap();
    assert_eq!(answer(&mut stream).body, "duplicate: it was taken before\n");

    let many: Vec<u8> = (0..20).flat_map(|n| delivery(&format!("many-{}", n / 2))).collect();
    stream.write_all(&many).unwrap();
    for n in 0..20 {
        let wanted = ["accepted\n", "duplicate: it was taken before\n"][n % 2];
        assert_eq!(answer(&mut stream).body, wanted, "answers come in order: {n}");
    }

    let pieces =
        b"9\r\n{\"id\": \"c\r\n1a;x=y\r\n\", \"severity\": \"resolved\"}\r\n0\r\nx: y\r\n\r\n";
    stream.write_all(&request("", "transfer-encoding: chunked", b"")).unwrap();
    for byte in pieces {
        stream.write_all(&[*byte]).unwrap();
    }
    assert_eq!(answer(&mut stream).body, "accepted\n");

    let body = b"{\"id\": \"d\", \"severity\": \"resolved\"}";
    let length = format!("content-length: {}\r\nexpect: 100-continue", body.len());
    stream.write_all(&request("", &length, b"")).unwrap();
    assert_eq!(answer(&mut stream).status, 100);
    stream.write_all(body).unwrap();
    assert_eq!(answer(&mut stream).body, "accepted\n");

    // As long as a body may be, in as many segments as the kernel likes.
    let mut long = b"{\"id\": \"e\", \"severity\": \"resolved\", \"x\": \"".to_vec();
    long.resize(INGEST_BODY_BYTES_MAX - 2, b'x');
    long.extend_from_slice(b"\"}");
    let length = format!("content-length: {}", long.len());
    stream.write_all(&request("", &length, &long)).unwrap();
    assert_eq!(answer(&mut stream).body, "accepted\n");
}

#[test]
fn the_port_serves_webhooks_and_nothing_else() {
    let door = Door::plain();
    for path in ["/metrics", "/-/healthy", "/-/ready", "/api/v1/alerts", "/", "/ingest"] {
        for method in ["GET", "POST", "PUT"] {
            let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(door.says(head.as_bytes()).status, 404, "{method} {path}");
        }
    }
    for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
        let head = format!("{method} /ingest/push HTTP/1.1\r\nhost: x\r\n\r\n");
        let answer = door.says(head.as_bytes());
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.head.contains("\r\nallow: post\r\n"), "{}", answer.head);
    }
    assert_eq!(door.says(&request("/ingest/nobody", "content-length: 2", b"{}")).status, 404);
    assert_eq!(door.says(&request("/ingest/bank", "content-length: 2", b"{}")).status, 404);
    assert_eq!(door.hub.get("/ingest/push").status, 404, "and the admin port takes none");
}

#[test]
fn what_is_no_good_delivery_is_answered_so_and_counted() {
    let door = Door::plain();
    let two = "content-length: 2\r\n";
    let many = |count| (0..count).map(|n| format!("x-{n}: y\r\n")).collect::<String>() + two.trim();
    let deep = [b"[".repeat(10_000), b"]".repeat(10_000)].concat();
    let long = vec![b'x'; INGEST_BODY_BYTES_MAX + 1024];
    let piece = format!("{:x}\r\n{}\r\n", 8_000, "x".repeat(8_000));
    let with_length = |body: &[u8]| request("", &format!("content-length: {}", body.len()), body);
    let in_pieces = |body: &str| request("", "transfer-encoding: chunked", body.as_bytes());
    let cases: [(&str, u16, Vec<u8>); 17] = [
        ("20 KiB of head", 431, request("", &format!("x: {}", "y".repeat(20 << 10)), b"")),
        ("60 headers", 200, request("", &many(59), b"{}")),
        ("65 headers", 431, request("", &many(64), b"{}")),
        ("150 headers", 431, request("", &many(150), b"{}")),
        ("two lengths", 400, request("", &format!("{two}content-length: 3"), b"{}")),
        ("a bad length", 400, request("", "content-length: -2", b"{}")),
        ("another coding", 400, request("", "transfer-encoding: gzip", b"{}")),
        ("bad pieces", 400, in_pieces("2\r\n{}\r\nzz\r\n{}\r\n0\r\n\r\n")),
        ("a piece too long", 400, in_pieces("ffffffffffffffffff\r\n{}\r\n")),
        ("no end of pieces", 413, in_pieces(&piece.repeat(200))),
        ("257 KiB", 413, with_length(&long)),
        ("10,000 deep", 200, with_length(&deep)),
        ("no UTF-8", 200, with_length(b"{\"id\": \"\xff\xfe\"}")),
        ("a form", 200, with_length(b"id=1&severity=critical")),
        ("nothing", 200, with_length(b"")),
        ("TLS", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(3)),
        ("a line of noise", 400, b"hello\r\n\r\n".to_vec()),
    ];
    for (what, status, bytes) in &cases {
        let mut stream = door.connect();
        // The door may close before it has heard everything.
        let _ = stream.write_all(bytes);
        assert_eq!(answer(&mut stream).status, *status, "{what}");
    }
    // Where two lengths are said the pieces count, and nothing behind them is taken for a request.
    let mut stream = door.connect();
    let both = request("", &format!("{two}transfer-encoding: chunked"), b"0\r\n\r\n");
    stream.write_all(&[both, delivery("smuggled")].concat()).unwrap();
    assert_eq!(answer(&mut stream).status, 200);
    assert_eq!(rest(&mut stream), "");
    let asks = format!("content-length: {}\r\nexpect: 100-continue", long.len());
    assert_eq!(door.says(&request("", &asks, b"")).status, 413, "before it is sent");
    let unsigned = b"POST /ingest/push HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(door.says(unsigned).status, 401);
    assert_eq!(door.says(&delivery("good")).status, 200);
    for (why, times) in [
        ("head_too_large", 3),
        ("malformed", 5),
        ("broken_off", 2),
        ("body_too_large", 3),
        ("overloaded", 0),
    ] {
        assert_eq!(door.refused(why), times, "{why}");
    }
    let said = door.hub.said();
    let lines = said.lines().filter(|line| line.contains("the ingest port: turned 127.0.0.1 away"));
    assert_eq!(lines.count(), 4, "one for each reason, not one for each sender: {said}");
}

#[test]
fn who_is_slow_is_waited_for_so_long_and_no_longer() {
    let door = Door::plain();
    let half = request("", "content-length: 100", b"{\"id\": ");
    let first_half = &half[..half.len() / 2];
    let port = door.port;
    let timed = |bytes: Vec<u8>, drip: &'static [u8]| {
        thread::spawn(move || {
            let clock = Clock::real();
            let begun = clock.now().tick;
            let mut stream = connect(port);
            stream.write_all(&bytes).unwrap();
            let mut dripping = stream.try_clone().unwrap();
            let drips = thread::spawn(move || {
                for byte in drip {
                    pause(900);
                    if dripping.write_all(&[*byte]).is_err() {
                        return;
                    }
                }
            });
            let said = rest(&mut stream);
            let took = (clock.now().tick - begun).whole_secs();
            drop(stream);
            drips.join().unwrap();
            (said, took)
        })
    };
    let slow = b"x-slow-and-slow-and-slow-and-slow: y";
    let [silent, half_head, slow_head] =
        [timed(Vec::new(), b""), timed(first_half.to_vec(), b""), timed(first_half.to_vec(), slow)];
    let [stalled, slow_body] = [timed(half.clone(), b""), timed(half.clone(), b"aaaaaaaaaaaaaaaa")];
    for waited in [silent, half_head, slow_head] {
        let (said, took) = waited.join().unwrap();
        assert_eq!(said, "");
        assert!((14..=18).contains(&took), "{took} s");
    }
    for waited in [stalled, slow_body] {
        let (said, took) = waited.join().unwrap();
        assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
        assert!((9..=13).contains(&took), "{took} s");
    }
    assert_eq!((door.refused("silent"), door.refused("body_too_slow")), (3, 2));
    // Who breaks off in the middle leaves nothing behind.
    let mut stream = door.connect();
    stream.write_all(&half).unwrap();
    drop(stream);
    wait_until("its place is free", 5, || door.connections() == 0);
}

#[test]
fn a_crowd_that_says_nothing_keeps_nobody_out_and_takes_no_memory() {
    let (crowd, mut files) = (2_500_usize, getrlimit(Resource::Nofile));
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).unwrap();
    if files.maximum.is_some_and(|files| files < 6_000) {
        eprintln!("LEFT OUT: this process may not open {crowd} connections");
        return;
    }
    let door = Door::plain();
    let before = resident_kib(door.hub.process());
    let good = b"{\"id\": \"x\"";
    let openings: [&[u8]; 3] =
        [b"", b"POST /ingest/push HTT", &request("", "content-length: 90", good)];
    let mut held: Vec<TcpStream> = Vec::new();
    for n in 0..crowd {
        let mut stream = door.connect();
        // Some say a little, and one that had to go cannot say it any more.
        let _ = stream.write_all(openings[n % 3]);
        held.push(stream);
        if n % 50 == 0 {
            assert_eq!(door.says(&delivery(&format!("amid-{n}"))).status, 200);
        }
    }
    let taken = door.connections();
    assert!(taken <= INGEST_CONNECTIONS_MAX && taken > 500, "{taken}");
    assert!(door.refused("gave_way") >= crowd - INGEST_CONNECTIONS_MAX - 100);
    let grown = resident_kib(door.hub.process()).saturating_sub(before);
    assert!(grown < 24 << 10, "{grown} KiB more");
    drop(held);
    wait_until("all have gone", 10, || door.connections() == 0);
    // A second crowd finds the memory of the first.
    let after = resident_kib(door.hub.process());
    let second: Vec<TcpStream> = (0..crowd).map(|_| door.connect()).collect();
    assert_eq!(door.says(&delivery("last")).status, 200);
    let grown = resident_kib(door.hub.process()).saturating_sub(after);
    assert!(grown < 4 << 10, "{grown} KiB more");
    drop(second);
}

/// How much memory a process has.
fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
