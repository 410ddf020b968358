//! Statuses of §1.3 that have nothing to do with clusters, and the limits of §1.9.

use super::{Stage, form, multipart};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("Content-Type", "application/json");

#[tokio::test]
async fn paths_that_are_not_there_are_404_and_methods_405() {
    let stage = Stage::start().await;
    for path in ["/nothing", "/clusters/", "/cluster", "/static/x", "/clusters/gone"] {
        assert_eq!(stage.get(path).await.status, 404, "{path}");
    }
    for (line, allow) in [
        ("POST /", "GET, HEAD"),
        ("DELETE /clusters", "GET, HEAD"),
        ("GET /cluster/a", "DELETE, POST"),
        ("PATCH /clusters/a", "DELETE, GET, HEAD, POST"),
        ("OPTIONS /health", "GET, HEAD"),
    ] {
        let reply = stage.send(line, &[], b"").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{line}");
    }
}

#[tokio::test]
async fn head_answers_wherever_get_does() {
    let stage = Stage::start().await;
    stage.form("POST /clusters/a", &[("cluster_user", "u")]).await;
    for path in
        ["/", "/clusters", "/clusters/a", "/vars.json", "/metrics", "/health", "/ready", "/static/style.css"]
    {
        let (get, head) = (stage.get(path).await, stage.send(&format!("HEAD {path}"), &[], b"").await);
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(get.status, 200, "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_what_they_say_are_400() {
    let stage = Stage::start().await;
    for (media, body) in [
        ("application/json", &b"{"[..]),
        ("application/json", b"[]"),
        ("application/json", b""),
        ("application/json", b"\xff"),
        ("application/x-www-form-urlencoded", b"cluster_user=%ff"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"no boundary here"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nu\r\n--x--\r\n"),
    ] {
        let reply = stage
            .send("POST /clusters/a", &[("Content-Type", media), ("Accept", "application/json")], body)
            .await;
        assert_eq!(reply.status, 400, "{media} {body:?}");
        assert!(reply.body.starts_with(r#"{"error":{"code":"malformed_body","#), "{}", reply.body);
    }
}

#[tokio::test]
async fn other_content_types_are_415() {
    let stage = Stage::start().await;
    for media in ["text/plain", "application/xml", ""] {
        let reply = stage.send("POST /clusters/a", &[("Content-Type", media)], b"cluster_user=u").await;
        assert_eq!(reply.status, 415, "{media}");
    }
    assert_eq!(stage.send("POST /clusters/a", &[], b"cluster_user=u").await.status, 415);
    // No body and no type is no field.
    assert_eq!(stage.send("POST /clusters/a", &[], b"").await.status, 400);
}

#[tokio::test]
async fn forms_over_their_limits_are_413() {
    let stage = Stage::start().await;
    let long = form(&[("cluster_user", &"u".repeat(64 << 10))]);
    assert_eq!(stage.send("POST /clusters/a", &[FORM], long.as_bytes()).await.status, 413);
    let field = form(&[("cluster_user", &"u".repeat((16 << 10) + 1))]);
    assert_eq!(stage.send("POST /clusters/a", &[FORM], field.as_bytes()).await.status, 413);
    let many: Vec<(&str, &str)> = (0..33).map(|_| ("cluster_user", "u")).collect();
    assert_eq!(stage.send("POST /clusters/a", &[FORM], form(&many).as_bytes()).await.status, 413);
    let (media, body) = multipart(&many);
    assert_eq!(stage.send("POST /clusters/a", &[("Content-Type", &media)], &body).await.status, 413);
    let json = format!("{{\"cluster_user\":\"{}\"}}", "u".repeat(1 << 20));
    assert_eq!(stage.send("POST /clusters/a", &[JSON], json.as_bytes()).await.status, 413);
    // An announced length is refused before a byte of it is sent.
    let head = b"POST /clusters/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Content-Length: 99999999999\r\n\r\n";
    assert_eq!(stage.raw(head).await.status, 413);
    // Without an announcement it is counted.
    let chunk = [b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat();
    let head = b"POST /clusters/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n\r\n";
    let bytes = [head.as_slice(), &chunk, &chunk, &chunk, &chunk, &chunk].concat();
    assert_eq!(stage.raw(&bytes).await.status, 413);
}

#[tokio::test]
async fn long_urls_are_414_and_long_headers_431() {
    let stage = Stage::start().await;
    assert_eq!(stage.get(&format!("/{}", "x".repeat(9 << 10))).await.status, 414);
    let long = "x".repeat(9 << 10);
    assert_eq!(stage.send("GET /", &[("X-Long", &long)], b"").await.status, 431);
    let huge = "x".repeat(40 << 10);
    assert_eq!(stage.send("GET /", &[("X-Long", &huge)], b"").await.status, 431);
    let many: Vec<(String, String)> = (0..200).map(|n| (format!("X-{n}"), "x".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(stage.send("GET /", &many, b"").await.status, 431);
}

#[tokio::test]
async fn request_ids_are_kept_if_they_are_ids() {
    let stage = Stage::start().await;
    let id = |given: &'static str| {
        let stage = &stage;
        async move {
            let reply = stage.send("GET /health", &[("X-Request-Id", given)], b"").await;
            reply.header("x-request-id").unwrap().to_owned()
        }
    };
    assert_eq!(id("a.b_c-1").await, "a.b_c-1");
    for bad in ["a b", "a\"b", "ä", ""] {
        let own = id(bad).await;
        assert!(own != bad && own.len() == 24, "{own}");
    }
    let long: &'static str = "x".repeat(65).leak();
    assert_eq!(id(long).await.len(), 24);
}

#[tokio::test]
async fn keys_too_long_or_empty_are_400() {
    let stage = Stage::start().await;
    for key in ["", &"k".repeat(129)] {
        let headers = [FORM, ("Idempotency-Key", key)];
        let reply = stage.send("POST /clusters/a", &headers, b"cluster_user=u").await;
        assert_eq!(reply.status, 400);
        assert!(reply.body.contains("Idempotency-Key"), "{}", reply.body);
    }
}

#[tokio::test]
async fn errors_have_the_shape_that_the_caller_reads() {
    let stage = Stage::start().await;
    let text = stage.send("POST /clusters/a", &[("Accept", "*/*")], b"").await;
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(text.body, "cluster_user is missing: name the MySQL account to be made\n");
    let json = stage.send("POST /clusters/a", &[("Accept", "text/html, application/json;q=0.9")], b"").await;
    assert_eq!(json.header("content-type"), Some("application/json"));
    assert_eq!(
        json.body,
        "{\"error\":{\"code\":\"invalid_field\",\"message\":\"cluster_user is missing: name the MySQL account to be made\",\
         \"details\":{\"field\":\"cluster_user\"}}}"
    );
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    tokio::time::pause();
    let stage = Stage::start().await;
    let mut stream = tokio::net::TcpStream::connect(stage.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
    let began = tokio::time::Instant::now();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await.unwrap();
    let took = began.elapsed().as_secs();
    assert!((9..=15).contains(&took), "{took} s");
}

#[tokio::test]
async fn a_body_that_never_ends_is_408() {
    tokio::time::pause();
    let stage = Stage::start().await;
    let mut stream = tokio::net::TcpStream::connect(stage.address).await.unwrap();
    let head = b"POST /clusters/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\
                 Content-Type: application/json\r\n\r\n{";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await.unwrap();
    assert!(String::from_utf8(answer).unwrap().starts_with("HTTP/1.1 408 "));
}
