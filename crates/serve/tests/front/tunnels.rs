//! Tunnels: bytes as they come.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use pipetape_serve::Limits;
use pipetape_testkit::{Client, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::proxied::{Doors, Proxy};
use crate::server::{Scripted, quick};

/// Gives each connection that it takes.
async fn end() -> (SocketAddr, mpsc::UnboundedReceiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if sender.send(stream).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

async fn tunnel(limits: Limits) -> (Proxy, Client, TcpStream) {
    let (address, mut taken) = end().await;
    let doors = Doors {
        open: Some(address),
        ..Doors::default()
    };
    let proxy = Proxy::with(Scripted::default(), doors, limits).await;
    let near = Client::on(proxy.connected("open.test:9").await);
    let far = soon(taken.recv()).await.unwrap();
    (proxy, near, far)
}

#[tokio::test]
async fn bytes_go_both_ways_until_both_sides_have_ended() {
    let (proxy, mut near, mut far) = tunnel(Limits::default()).await;
    near.send("\x16\x03\x00 no TLS, no HTTP").await;
    let mut came = [0; 19];
    soon(far.read_exact(&mut came)).await.unwrap();
    assert_eq!(&came, b"\x16\x03\x00 no TLS, no HTTP");
    let large = vec![7; 3_000_000];
    let sending = tokio::spawn(async move {
        far.write_all(&large).await.unwrap();
        far.shutdown().await.unwrap();
        let mut rest = Vec::new();
        far.read_to_end(&mut rest).await.unwrap();
        rest
    });
    assert_eq!(near.rest().await.unwrap().len(), 3_000_000);
    // One direction has ended, the other goes on.
    near.send("last words").await;
    near.stream.shutdown().await.unwrap();
    assert_eq!(soon(sending).await.unwrap(), b"last words");
    let summary = soon(proxy.server.stop()).await.unwrap();
    assert_eq!((summary.accepted, summary.cut), (1, 0));
}

#[tokio::test]
async fn bytes_behind_the_connect_are_not_lost() {
    let (address, mut taken) = end().await;
    let doors = Doors {
        open: Some(address),
        ..Doors::default()
    };
    let proxy = Proxy::with(Scripted::default(), doors, Limits::default()).await;
    let mut client = proxy.server.client().await;
    client
        .send("CONNECT open.test:9 HTTP/1.1\r\n\r\nearly")
        .await;
    let mut far = soon(taken.recv()).await.unwrap();
    let mut came = [0; 5];
    soon(far.read_exact(&mut came)).await.unwrap();
    assert_eq!(&came, b"early");
}

#[tokio::test]
async fn a_tunnel_in_which_nothing_moves_ends() {
    let mut limits = quick();
    limits.idle_timeout = Duration::from_millis(300);
    let (_proxy, mut near, mut far) = tunnel(limits).await;
    let start = Instant::now();
    // What moves keeps it open, in either direction.
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        far.write_all(b"x").await.unwrap();
    }
    assert_eq!(near.rest().await.unwrap(), b"xxxx");
    assert!(start.elapsed() >= Duration::from_millis(900));
}

#[tokio::test]
async fn a_stop_waits_for_what_moves_and_no_longer() {
    let limits = Limits {
        drain: Duration::from_secs(60),
        ..Limits::default()
    };
    let (proxy, mut near, mut far) = tunnel(limits).await;
    let stopped = proxy.server.stop();
    let start = Instant::now();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        far.write_all(b"x").await.unwrap();
    }
    assert_eq!(near.rest().await.unwrap(), b"xxxx");
    let summary = soon(stopped).await.unwrap();
    assert_eq!(summary.cut, 0);
    let took = start.elapsed();
    assert!(
        took > Duration::from_millis(800) && took < Duration::from_secs(10),
        "{took:?}"
    );
}

#[tokio::test]
async fn nobody_there_is_a_bad_gateway() {
    let deserted = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let doors = Doors {
        open: deserted.local_addr().ok(),
        ..Doors::default()
    };
    drop(deserted);
    let proxy = Proxy::with(Scripted::default(), doors, Limits::default()).await;
    let mut client = proxy.server.client().await;
    client.send("CONNECT open.test:9 HTTP/1.1\r\n\r\n").await;
    let answer = client.answer().await;
    assert_eq!(answer.status(), 502);
    assert!(
        answer.text().contains("cannot connect to open.test:9"),
        "{}",
        answer.text()
    );
    assert_eq!(*proxy.doors.refused.lock().unwrap(), ["tunnel_unreachable"]);
}
